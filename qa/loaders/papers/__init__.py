"""Read papers in the making: LaTeX and notebooks."""
