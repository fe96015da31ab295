package io.med3dinsight.caption.chat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Tells captions from answers that say nothing about their slice: empty, cut off, refused, going
 * round in circles, or the same for many slices. Thread-safe.
 */
final class AnswerFilter {
  static final String EMPTY = "empty";
  static final String TRUNCATED = "truncated";
  static final String REFUSAL = "refusal";
  static final String LOOP = "loop";
  static final String REPEATED = "repeated";

  private static final int LEAST_WORDS = 4;

  /** How far into an answer a refusal begins at the latest; "I cannot see a lesion" may follow. */
  private static final int OPENING = 160;

  private static final Pattern APOLOGY =
      Pattern.compile(
          "\\b(i['\\u2019]?m|i am|we are|we['\\u2019]re) (very |so )?sorry\\b|^sorry\\b|^(i )?apologi[sz]e"
              + "|\\bmy apologies\\b|\\bas an? (ai|artificial intelligence|language model|large language"
              + " model|assistant)\\b");

  private static final Pattern UNABLE =
      Pattern.compile(
          "\\b(i|we)( am|['\\u2019]?m| are)? ?(cannot|can['\\u2019]?t|can not|unable to|not able to|won['\\u2019]?t"
              + "|will not|must decline to|decline to|not allowed to|not permitted to|do not|don['\\u2019]?t)"
              + " (help|assist|provide|give|offer|interpret|analy[sz]e|describe|diagnose|view|see (the |any |this"
              + " |your )?(image|picture|attachment)|read|process|comply|answer|fulfil+|make|have the ability)\\b"
              + "|\\bno (image|picture) (was|is|has been)? ?(provided|attached|uploaded|visible)\\b"
              + "|\\bplease (upload|provide|attach|share) (the|an|your|a) (image|picture|scan)\\b");

  private final int mostRepeats;
  private final Map<String, Integer> seen = new HashMap<>();

  /**
   * @param mostRepeats slices that may share one text
   */
  AnswerFilter(int mostRepeats) {
    this.mostRepeats = mostRepeats;
  }

  /** Why an answer is no caption; null when it is one, which then counts as a use of its text. */
  synchronized String reason(ChatAnswer answer) {
    String reason = reasonInItself(answer);
    if (reason != null) {
      return reason;
    }
    if (seen.getOrDefault(normalized(answer.text()), 0) >= mostRepeats) {
      return REPEATED;
    }
    use(answer.text());
    return null;
  }

  /** Counts a caption that an earlier run kept. */
  synchronized void use(String text) {
    seen.merge(normalized(text), 1, Integer::sum);
  }

  private static String reasonInItself(ChatAnswer answer) {
    if (answer.finish().equals(ChatAnswer.REFUSED) || answer.finish().equals("content_filter")) {
      return REFUSAL;
    }
    String text = normalized(answer.text());
    String opening = text.substring(0, Math.min(OPENING, text.length()));
    if (APOLOGY.matcher(opening).find() || UNABLE.matcher(opening).find()) {
      return REFUSAL;
    }
    if (answer.finish().equals("length")) {
      return TRUNCATED;
    }
    List<String> words = words(text);
    if (words.size() < LEAST_WORDS) {
      return EMPTY;
    }
    return isLoop(words, answer.text()) ? LOOP : null;
  }

  private static String normalized(String text) {
    return text.toLowerCase(Locale.ROOT).replaceAll("\\s+", " ").strip();
  }

  private static List<String> words(String text) {
    return Arrays.stream(text.split("[^\\p{L}\\p{N}]+")).filter(w -> !w.isEmpty()).toList();
  }

  /** One sentence three times, or fewer than half of all runs of four words are distinct. */
  private static boolean isLoop(List<String> words, String text) {
    Map<String, Integer> sentences = new HashMap<>();
    for (String s : text.split("(?<=[.!?])\\s+|\\n+")) {
      List<String> said = words(normalized(s));
      if (said.size() >= LEAST_WORDS && sentences.merge(said.toString(), 1, Integer::sum) >= 3) {
        return true;
      }
    }
    int runs = words.size() - 3;
    Set<List<String>> distinct = new HashSet<>();
    for (int i = 0; i < runs; i++) {
      distinct.add(words.subList(i, i + 4));
    }
    return runs >= 20 && 2 * distinct.size() < runs;
  }
}
