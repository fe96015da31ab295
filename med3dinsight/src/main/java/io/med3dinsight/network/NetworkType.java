package io.med3dinsight.network;

import java.util.Locale;

/** The architectures. */
public enum NetworkType {
  /** Residual UNet in the manner of nnU-Net. */
  UNET,
  /** nnFormer (Zhou et al. 2021, arXiv 2109.03201). */
  NNFORMER,
  /** Swin UNETR (Hatamizadeh et al. 2022, arXiv 2201.01266). */
  SWIN_UNETR,
  /** UNETR: a plain vision transformer in 3D (Hatamizadeh et al. 2021, arXiv 2103.10504). */
  UNETR;

  /** As it is written in settings and files. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
