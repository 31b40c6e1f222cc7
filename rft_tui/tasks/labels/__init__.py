"""Labels: suspect references, corrected ones, and datasets made anew from them."""
