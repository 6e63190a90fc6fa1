"""Chat models behind one LangChain interface. The only place that imports a model runtime."""
