"""Jobs: what is checked and sent, how they are followed, and what is kept of them."""
