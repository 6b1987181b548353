"""How do apps that get their text from elsewhere than transformers come by the notices? One module for each host.

Importing this package loads no host's library; a module that needs one says which extra installs it.
"""
