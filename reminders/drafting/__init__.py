"""A language model may write a draft for an agent, where an administrator has set one up. It decides and sends nothing.

What leaves us holds no name, number, address or amount; what comes back is checked before anybody sees it.
"""
