"""Gliabridge training: a small 3D network for glioma segmentation on clinical brain MRI."""
