package io.med3dinsight.caption.chat;

import io.med3dinsight.caption.chat.PromptTemplates.Prompt;
import io.med3dinsight.hash.Sha256;
import io.med3dinsight.slice.SliceChoice.Place;

/**
 * One slice to be described. The volume's name stays here; only {@code request} leaves.
 *
 * @param volume name of the case
 * @param place which slice
 * @param slices how many slices there are along the axis
 * @param request what is sent
 * @param pixels hash of the picture's pixels
 * @param promptHash hash of the prompt and the request's options
 */
record SliceJob(
    String volume, Place place, int slices, ChatRequest request, String pixels, String promptHash) {

  /** Under what the answer is kept. */
  String key() {
    return Hashes.key(pixels, promptHash, request.model());
  }

  Prompt prompt() {
    return request.prompt();
  }

  /** What tells this slice, picture, prompt and model from others in the files. */
  String identity() {
    return identity(
        volume,
        place.plane().label(),
        place.index(),
        request.model(),
        Sha256.shortened(promptHash),
        Sha256.shortened(pixels));
  }

  static String identity(
      String volume, String plane, int slice, String model, String prompt, String image) {
    return String.join("\u0000", volume, plane, Integer.toString(slice), model, prompt, image);
  }
}
