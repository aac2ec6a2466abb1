"""Read papers in the making: LaTeX, Org and notebooks."""
