package io.med3dinsight.volume;

import io.med3dinsight.UsageException;

/**
 * Which of several images in one place is meant. Each part may be null, where there is only one.
 *
 * @param frame number of the 3D image in a file of more than three dimensions, from 0, counted
 *     along the fourth axis first
 * @param series Series Instance UID, or its end, or the series number, of DICOM files
 * @param array name of the array in an .npz file
 */
public record ReadOptions(Integer frame, String series, String array) {
  private static final ReadOptions NONE = new ReadOptions(null, null, null);

  public ReadOptions {
    if (frame != null && frame < 0) {
      throw new UsageException("frame " + frame + " cannot be read: frames count from 0.");
    }
  }

  /** No choice: files with several images are refused, and the sentence names them. */
  public static ReadOptions none() {
    return NONE;
  }

  /** The choice of a frame. */
  public static ReadOptions ofFrame(int frame) {
    return new ReadOptions(frame, null, null);
  }

  /** The choice of a DICOM series. */
  public static ReadOptions ofSeries(String series) {
    return new ReadOptions(null, series, null);
  }

  /** The choice of an array of an .npz file. */
  public static ReadOptions ofArray(String array) {
    return new ReadOptions(null, null, array);
  }
}
