package io.med3dinsight.caption.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a run of captions came to.
 *
 * @param written captions that this run added
 * @param fromCache how many answers of this run cost nothing, because they were there already
 * @param earlier captions of these slices that were in the file before
 * @param blank slices of a single grey, which are not sent
 * @param rejected answers that are no captions, by reason, earlier ones included
 * @param failed slices without an answer after all tries
 * @param lastFailure why the last of them failed; empty when none did
 * @param unreadable volumes that could not be read, each with its sentence
 * @param requests answers that came from the service
 * @param promptTokens tokens of the questions as far as the service told
 * @param completionTokens tokens of the answers as far as the service told
 * @param uncounted answers for which the service told no tokens
 * @param cost of the tokens told; 0 without prices
 * @param stopped whether the run was stopped before its end
 */
public record CaptionSummary(
    int written,
    int fromCache,
    int earlier,
    int blank,
    Map<String, Integer> rejected,
    int failed,
    String lastFailure,
    List<String> unreadable,
    int requests,
    long promptTokens,
    long completionTokens,
    int uncounted,
    double cost,
    boolean stopped) {

  /** Counts while threads work. */
  static final class Tally {
    private final Map<String, Integer> rejected = new TreeMap<>();
    private final List<String> unreadable = new ArrayList<>();
    private int written;
    private int fromCache;
    private int earlier;
    private int blank;
    private int failed;
    private String lastFailure = "";
    private int requests;
    private long promptTokens;
    private long completionTokens;
    private int uncounted;

    synchronized void written() {
      written++;
    }

    synchronized void fromCache() {
      fromCache++;
    }

    synchronized void earlier() {
      earlier++;
    }

    synchronized void blank() {
      blank++;
    }

    synchronized void rejected(String reason) {
      rejected.merge(reason, 1, Integer::sum);
    }

    synchronized void failed(String why) {
      failed++;
      lastFailure = why;
    }

    synchronized void unreadable(String sentence) {
      unreadable.add(sentence);
    }

    synchronized void answered(ChatAnswer a) {
      requests++;
      if (a.promptTokens() == null || a.completionTokens() == null) {
        uncounted++;
      } else {
        promptTokens += a.promptTokens();
        completionTokens += a.completionTokens();
      }
    }

    synchronized String message(Prices prices) {
      long tokens = promptTokens + completionTokens;
      return written
          + " written, "
          + tokens
          + " tokens"
          + (prices.known()
              ? String.format(Locale.ROOT, ", cost %.4f", prices.of(promptTokens, completionTokens))
              : "");
    }

    synchronized CaptionSummary summary(Prices prices, boolean stopped) {
      return new CaptionSummary(
          written,
          fromCache,
          earlier,
          blank,
          new TreeMap<>(rejected),
          failed,
          lastFailure,
          List.copyOf(unreadable),
          requests,
          promptTokens,
          completionTokens,
          uncounted,
          prices.of(promptTokens, completionTokens),
          stopped);
    }
  }
}
