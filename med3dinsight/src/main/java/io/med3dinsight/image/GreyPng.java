package io.med3dinsight.image;

import io.med3dinsight.slice.SlicePicture;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Pictures of slices as PNG: pixels alone, without any text or time in the file. */
public final class GreyPng {
  private GreyPng() {}

  /** An 8-bit grey PNG. */
  public static byte[] encode(SlicePicture picture) {
    BufferedImage image =
        new BufferedImage(picture.width(), picture.height(), BufferedImage.TYPE_BYTE_GRAY);
    image.getRaster().setDataElements(0, 0, picture.width(), picture.height(), picture.grey());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    // Not ImageIO's default, which would put a copy of the picture on the disk.
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      if (!ImageIO.write(image, "png", out)) {
        throw new IllegalStateException("this Java has no writer for PNG");
      }
    } catch (IOException e) {
      throw new UncheckedIOException("A picture could not be encoded", e);
    }
    return bytes.toByteArray();
  }
}
