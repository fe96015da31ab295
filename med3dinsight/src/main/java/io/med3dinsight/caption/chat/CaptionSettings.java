package io.med3dinsight.caption.chat;

import io.med3dinsight.UsageException;
import io.med3dinsight.caption.Modality;
import io.med3dinsight.slice.Plane;
import io.med3dinsight.slice.SliceRule;
import io.med3dinsight.slice.Window;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;

/**
 * Everything that decides what is sent, how, and where answers go.
 *
 * @param endpoint where to
 * @param request fields beside the prompt
 * @param prompts what is asked
 * @param picture what is shown
 * @param traffic how fast, and how patiently
 * @param prices what tokens cost
 * @param mostRepeats slices that may share one text before it is taken for a reflex
 * @param askAgain whether answers that were rejected earlier are asked for again
 * @param output the captions' file; its log and rejected answers lie beside it
 * @param cache folder of answers that were paid for
 */
public record CaptionSettings(
    ChatEndpoint endpoint,
    RequestOptions request,
    PromptTemplates prompts,
    Picture picture,
    Traffic traffic,
    Prices prices,
    int mostRepeats,
    boolean askAgain,
    Path output,
    Path cache) {

  /**
   * What is shown of a volume.
   *
   * @param modality what made it
   * @param slices which slices
   * @param window of HU; null for percentiles
   * @param lowest percentile of the volume that becomes black
   * @param highest percentile of the volume that becomes white
   * @param size pixels of a picture's longer side
   */
  public record Picture(
      Modality modality, SliceRule slices, Window window, double lowest, double highest, int size) {
    private static final int LARGEST = 4096;

    public Picture {
      if (size < 16 || size > LARGEST) {
        throw new UsageException(
            "A picture's size is " + size + " pixels: expected 16 to " + LARGEST + ".");
      }
      if (!(lowest >= 0 && lowest < highest && highest <= 100)) {
        throw new UsageException(
            "The percentiles are "
                + lowest
                + " and "
                + highest
                + ": expected 0 <= low < high <= 100.");
      }
    }

    /**
     * The same of a volume that something else made: a window is for CT, percentiles for the rest.
     *
     * @param other what made it; null for what is said here
     */
    Picture of(Modality other) {
      if (other == null) {
        return this;
      }
      Window ofCt = window == null ? Window.ct("soft") : window;
      return new Picture(other, slices, other.isCt() ? ofCt : null, lowest, highest, size);
    }

    /** Twelve slices of each plane in the patient, 512 pixels; CT in the soft tissue window. */
    public static Picture standard(Modality modality) {
      return new Picture(
          modality,
          SliceRule.foreground(12, EnumSet.allOf(Plane.class)),
          modality.isCt() ? Window.ct("soft") : null,
          0.5,
          99.5,
          512);
    }
  }

  /**
   * How requests follow each other.
   *
   * @param inFlight requests at a time
   * @param perMinute requests a minute; 0 for no limit
   * @param timeout for an answer
   * @param retries further tries of a request that failed
   */
  public record Traffic(int inFlight, double perMinute, Duration timeout, int retries) {
    private static final int MOST = 256;

    public Traffic {
      if (inFlight < 1 || inFlight > MOST) {
        throw new UsageException(
            "There are " + inFlight + " requests in flight: expected 1 to " + MOST + ".");
      }
      if (!(perMinute >= 0 && perMinute < Double.POSITIVE_INFINITY)) {
        throw new UsageException(
            "The rate is " + perMinute + " requests a minute: expected 0 (no limit) or more.");
      }
      if (timeout.isNegative() || timeout.isZero()) {
        throw new UsageException("The time-out is " + timeout + ": expected more than 0 s.");
      }
      if (retries < 0 || retries > 100) {
        throw new UsageException("There are " + retries + " retries: expected 0 to 100.");
      }
    }

    /** Four requests at a time, two minutes for an answer, five retries. */
    public static Traffic standard() {
      return new Traffic(4, 0, Duration.ofMinutes(2), 5);
    }
  }

  public CaptionSettings {
    if (mostRepeats < 1) {
      throw new UsageException(
          "One text may stand for " + mostRepeats + " slices: expected at least 1.");
    }
  }

  /** The usual settings, with the cache beside the output. */
  public static CaptionSettings standard(ChatEndpoint endpoint, Modality modality, Path output) {
    return new CaptionSettings(
        endpoint,
        RequestOptions.standard(),
        PromptTemplates.standard(),
        Picture.standard(modality),
        Traffic.standard(),
        new Prices(0, 0),
        3,
        false,
        output,
        cacheOf(output));
  }

  /** Where what was sent is told. */
  public Path log() {
    return beside(output, ".log.jsonl");
  }

  /** Answers that are no captions, with the reason. */
  public Path rejected() {
    return beside(output, ".rejected.jsonl");
  }

  /** The cache's usual place. */
  public static Path cacheOf(Path output) {
    return beside(output, ".cache");
  }

  private static Path beside(Path output, String ending) {
    String name = output.getFileName().toString().replaceFirst("\\.jsonl$", "");
    return output.resolveSibling(name + ending);
  }
}
