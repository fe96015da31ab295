package io.med3dinsight.report;

import io.med3dinsight.slice.IntensityScale;
import io.med3dinsight.slice.Plane;
import io.med3dinsight.slice.Slice;
import io.med3dinsight.volume.AtomicFile;
import io.med3dinsight.volume.Orientation;
import io.med3dinsight.volume.Spacing;
import io.med3dinsight.volume.Volume;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;

/**
 * The middle slice of a volume in each of the three planes, turned to RAS and to scale in mm. The
 * patient's left is on the left. Intensities are shown from the 1st to the 99th percentile; what is
 * not a number is black.
 */
public final class ThreePlanes {
  private static final int PANEL = 360;
  private static final int GAP = 24;

  private final List<OverlayPanel> panels = new ArrayList<>();

  /**
   * @param volume in any orientation
   */
  public ThreePlanes(Volume volume) {
    Volume ras = Orientation.of(volume.grid()).toRas(volume);
    float[] voxels = ras.voxels().clone();
    float lowest = Float.POSITIVE_INFINITY;
    for (float v : voxels) {
      lowest = Float.isFinite(v) ? Math.min(lowest, v) : lowest;
    }
    for (int i = 0; i < voxels.length; i++) {
      voxels[i] = Float.isFinite(voxels[i]) ? voxels[i] : lowest;
    }
    int[] extents = {ras.grid().depth(), ras.grid().height(), ras.grid().width()};
    Spacing s = ras.grid().spacing();
    double[] spacing = {s.z(), s.y(), s.x()};
    IntensityScale scale = scale(voxels);
    for (Plane plane : Plane.values()) {
      int middle = extents[plane.axis()] / 2;
      Slice slice = Slice.of(voxels, extents, spacing, plane, middle, scale);
      panels.add(new OverlayPanel(slice, null, null, List.of()));
    }
  }

  /** Percentiles; the whole range where these are one number, as in a label map of few voxels. */
  private static IntensityScale scale(float[] voxels) {
    IntensityScale s = IntensityScale.of(voxels);
    if (s.high() > s.low()) {
      return s;
    }
    float low = voxels[0];
    float high = voxels[0];
    for (float v : voxels) {
      low = Math.min(low, v);
      high = Math.max(high, v);
    }
    return new IntensityScale(low, low, s.median(), high, high);
  }

  /** Writes the picture as PNG, completely or not at all; its folder is created. */
  public void write(Path file) {
    BufferedImage picture = draw();
    AtomicFile.write(file, out -> ImageIO.write(picture, "png", out));
  }

  private BufferedImage draw() {
    double longest = 0;
    for (OverlayPanel p : panels) {
      longest = Math.max(longest, Math.max(p.width(), p.height()));
    }
    double scale = PANEL / longest;
    int size = PANEL + 2 * GAP;
    BufferedImage picture =
        new BufferedImage(panels.size() * size, size + GAP, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = picture.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    for (int i = 0; i < panels.size(); i++) {
      OverlayPanel p = panels.get(i);
      int w = (int) Math.round(p.width() * scale);
      int h = (int) Math.round(p.height() * scale);
      int x = i * size + (size - w) / 2;
      int y = (size - h) / 2;
      p.paint(g, x, y, scale);
      letters(g, p, x, y, w, h);
    }
    g.dispose();
    return picture;
  }

  private static void letters(Graphics2D g, OverlayPanel p, int x, int y, int w, int h) {
    if (Lettering.missing().isPresent()) {
      return;
    }
    g.setColor(Color.LIGHT_GRAY);
    g.setFont(Lettering.bold(14));
    int half = g.getFontMetrics().charWidth('A') / 2;
    int ascent = g.getFontMetrics().getAscent();
    g.drawString(p.left(), x - 3 * half - 3, y + h / 2);
    g.drawString(p.right(), x + w + 4, y + h / 2);
    g.drawString(p.top(), x + w / 2 - half, y - 4);
    g.drawString(p.bottom(), x + w / 2 - half, y + h + ascent + 2);
    g.setFont(Lettering.plain(13));
    g.drawString(p.caption(), x, y + h + 2 * ascent + 4);
  }
}
