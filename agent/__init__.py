"""The assistant: a question in, events and one frozen answer out. Knows no Gradio and no file
format.
"""
