"""A cascade of anisotropic 2.5D networks at 1 mm: whole tumour, core, enhancing tumour, each in up to three views (Wang 2017)."""
