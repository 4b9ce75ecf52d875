"""From-scratch ``nn.Module``s, one self-contained file each, named after the paper's model."""
