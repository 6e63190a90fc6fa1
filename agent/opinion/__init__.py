"""A learned second opinion on whether a question asks for something hazardous."""
