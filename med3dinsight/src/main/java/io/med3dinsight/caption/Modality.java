package io.med3dinsight.caption;

import io.med3dinsight.UsageException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What made the images. A closed list: what a data set calls its modality is free text and might
 * say more than that, so only these words are ever sent to a model.
 */
public enum Modality {
  CT("CT", "ct"),
  MRI("MRI", "mri|mr|magnetic resonance( imaging)?"),
  MRI_T1("T1-weighted MRI", "(mri?[-_ ]?)?t1(w|-weighted)?( ?mri?)?"),
  MRI_T1CE("contrast-enhanced T1-weighted MRI", "(mri?[-_ ]?)?(t1[-_ ]?(ce|gd|c)w?)( ?mri?)?"),
  MRI_T2("T2-weighted MRI", "(mri?[-_ ]?)?t2(w|-weighted)?( ?mri?)?"),
  MRI_FLAIR("FLAIR MRI", "(mri?[-_ ]?)?(t2[-_ ]?)?flair( ?mri?)?"),
  MRI_PD("proton-density-weighted MRI", "(mri?[-_ ]?)?pdw?( ?mri?)?"),
  MRI_DWI("diffusion-weighted MRI", "(mri?[-_ ]?)?(dwi|adc)( ?mri?)?"),
  PET("PET", "pet|pt"),
  ULTRASOUND("ultrasound", "us|ultrasound");

  private final String words;
  private final String pattern;

  Modality(String words, String pattern) {
    this.words = words;
    this.pattern = pattern;
  }

  /** As a prompt says it. */
  public String words() {
    return words;
  }

  /** As prompt files and the command line say it. */
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Whether intensities are Hounsfield units. */
  public boolean isCt() {
    return this == CT;
  }

  /** The more general modality, whose prompts serve when there are none for this one; or null. */
  public Modality general() {
    return name().startsWith("MRI_") ? MRI : null;
  }

  /**
   * The modality that a data set or a user means.
   *
   * @param source who says so, for the message
   * @throws UsageException when it is none of these
   */
  public static Modality parse(String text, String source) {
    String lower = text.strip().toLowerCase(Locale.ROOT);
    for (Modality m : values()) {
      if (lower.equals(m.key()) || lower.matches(m.pattern)) {
        return m;
      }
    }
    throw new UsageException(
        source
            + " says the modality is '"
            + text
            + "': expected one of "
            + Arrays.stream(values()).map(Modality::key).collect(Collectors.joining(", "))
            + "; name it with --modality.");
  }
}
