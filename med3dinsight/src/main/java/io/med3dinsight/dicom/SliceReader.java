package io.med3dinsight.dicom;

import io.med3dinsight.DataException;
import java.util.ArrayList;
import java.util.List;

/** The slices of one file: one, or those of its frames. */
final class SliceReader {
  /** Larger than any scanner; positions beyond are damage. */
  private static final double FAR = 1e6;

  private final Source source;
  private final Dataset d;
  private final PixelFormat format;

  SliceReader(Source source, Parsed parsed) {
    this.source = source;
    this.d = parsed.data();
    if (d.has(Tag.MODALITY_LUT)) {
      throw new DataException(
          source.name()
              + " maps its pixels by a table (Modality LUT), which is not supported; convert the"
              + " series with dcm2niix.");
    }
    // Checks that the pixels can be read before anything is believed.
    this.format = new PixelDecoder(parsed, source.name()).format();
  }

  List<Slice> slices() {
    List<Slice> out = new ArrayList<>();
    double[] offsets = d.numbers(Tag.GRID_FRAME_OFFSETS);
    List<Dataset> groups = d.has(Tag.FRAME_GROUPS) ? d.items(Tag.FRAME_GROUPS) : List.of();
    if (!groups.isEmpty() && groups.size() != format.frames()) {
      throw new DataException(
          source.name()
              + " describes "
              + groups.size()
              + " of its "
              + format.frames()
              + " frames; it is damaged.");
    }
    for (int frame = 0; frame < format.frames(); frame++) {
      Dataset own = groups.isEmpty() ? null : groups.get(frame);
      Slice slice = slice(frame, own);
      if (groups.isEmpty() && format.frames() > 1) {
        slice = moved(slice, offset(frame, offsets, slice));
      }
      out.add(slice);
    }
    return out;
  }

  private double offset(int frame, double[] offsets, Slice slice) {
    if (offsets != null && offsets.length == format.frames()) {
      return offsets[frame] - offsets[0];
    }
    return frame * (Double.isFinite(slice.gap()) ? slice.gap() : 1);
  }

  private Slice moved(Slice s, double distance) {
    if (s.position() == null || s.orientation() == null) {
      return s;
    }
    double[] n = s.normal();
    double[] p = s.position().clone();
    for (int i = 0; i < 3; i++) {
      p[i] += distance * n[i];
    }
    return new Slice(
        source,
        s.frame(),
        format,
        p,
        s.orientation(),
        s.spacing(),
        s.gap(),
        s.slope(),
        s.intercept(),
        s.order());
  }

  /** The item of a functional group: the frame's own, else the shared one, else the file. */
  private Dataset group(Dataset frame, int sequence) {
    Dataset own = frame == null ? null : frame.first(sequence);
    if (own != null) {
      return own;
    }
    Dataset shared = d.first(Tag.SHARED_GROUPS);
    Dataset common = shared == null ? null : shared.first(sequence);
    return common == null ? d : common;
  }

  private Slice slice(int frame, Dataset own) {
    Dataset measures = group(own, Tag.PIXEL_MEASURES);
    Dataset values = group(own, Tag.VALUE_TRANSFORMATION);
    Dataset content = group(own, Tag.FRAME_CONTENT);
    double[] position = group(own, Tag.PLANE_POSITION).numbers(Tag.POSITION, 3);
    double[] orientation = group(own, Tag.PLANE_ORIENTATION).numbers(Tag.ORIENTATION, 6);
    double[] spacing = measures.numbers(Tag.PIXEL_SPACING, 2);
    if (spacing == null) {
      spacing = d.numbers(Tag.IMAGER_PIXEL_SPACING, 2);
    }
    check(position, orientation, spacing);
    double gap = measures.number(Tag.SPACING_BETWEEN_SLICES, Double.NaN);
    if (!(Math.abs(gap) > 0)) {
      gap = measures.number(Tag.SLICE_THICKNESS, Double.NaN);
    }
    double slope = values.number(Tag.RESCALE_SLOPE, d.number(Tag.DOSE_GRID_SCALING, 1));
    double intercept = values.number(Tag.RESCALE_INTERCEPT, 0);
    if (slope == 0) {
      throw new DataException(
          source.name() + " has a rescale slope of 0; repair the file or leave it out.");
    }
    int[] order = {
      (int) content.unsignedLong(Tag.TEMPORAL_INDEX, d.whole(Tag.TEMPORAL_POSITION, 0)),
      d.whole(Tag.ACQUISITION_NUMBER, 0),
      d.whole(Tag.INSTANCE_NUMBER, 0),
      frame
    };
    return new Slice(
        source,
        frame,
        format,
        position,
        orientation,
        spacing,
        Math.abs(gap) > 0 ? Math.abs(gap) : Double.NaN,
        slope,
        intercept,
        order);
  }

  private void check(double[] position, double[] orientation, double[] spacing) {
    boolean far = false;
    for (int i = 0; position != null && i < 3; i++) {
      far |= Math.abs(position[i]) > FAR;
    }
    boolean turned = orientation != null && !isRotation(orientation);
    boolean flat =
        spacing != null
            && !(spacing[0] > 1e-6 && spacing[1] > 1e-6 && spacing[0] < FAR && spacing[1] < FAR);
    if (far || turned || flat) {
      throw new DataException(
          source.name()
              + " has an unusable "
              + (far ? "position" : turned ? "orientation" : "pixel spacing")
              + "; repair the file or leave it out.");
    }
  }

  private static boolean isRotation(double[] o) {
    double rows = o[0] * o[0] + o[1] * o[1] + o[2] * o[2];
    double columns = o[3] * o[3] + o[4] * o[4] + o[5] * o[5];
    double across = o[0] * o[3] + o[1] * o[4] + o[2] * o[5];
    return Math.abs(rows - 1) < 0.01 && Math.abs(columns - 1) < 0.01 && Math.abs(across) < 0.01;
  }
}
