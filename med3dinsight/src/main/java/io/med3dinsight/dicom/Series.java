package io.med3dinsight.dicom;

/**
 * A series of DICOM files.
 *
 * @param uid Series Instance UID
 * @param number its number in the study, as text
 * @param description in words, empty when there is none
 * @param modality such as "CT"
 * @param images number of images
 */
public record Series(String uid, String number, String description, String modality, int images) {
  /** One line for a person who has to choose. */
  public String text() {
    return "number "
        + (number.isEmpty() ? "(none)" : number)
        + " ("
        + modality
        + (description.isEmpty() ? "" : ", " + description)
        + ", "
        + images
        + (images == 1 ? " image" : " images")
        + ", UID "
        + uid
        + ")";
  }

  /** Whether a choice means this one: the UID, its end, or the number. */
  boolean isMeant(String choice) {
    return choice.equals(number) || uid.equals(choice) || uid.endsWith("." + choice);
  }
}
