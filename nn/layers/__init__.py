"""The links of the chain: each layer computes its outputs and passes gradients back."""
