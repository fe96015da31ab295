package io.med3dinsight.caption.chat;

import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import java.util.List;
import java.util.stream.Collectors;

/** The sentence for a service that cannot be used. */
final class EndpointFailures {
  /** Models that a message names; a service may have hundreds. */
  private static final int NAMED = 8;

  private static final int SERVER_ERROR = 500;

  private EndpointFailures() {}

  /**
   * @param models names that the service has, where that matters; may be empty
   */
  static RuntimeException of(ChatFailure f, CaptionSettings settings, List<String> models) {
    ChatEndpoint endpoint = settings.endpoint();
    String who = "The endpoint " + endpoint.base();
    String why = " (" + f.getMessage() + ")";
    String stays = "; what was done stays in " + settings.output() + ": ";
    return switch (f.kind()) {
      case KEY ->
          new UsageException(
              who
                  + (endpoint.key() == null ? " wants a key" : " refuses the key")
                  + why
                  + ": put a valid one into an environment variable and name that with --key-env.",
              f);
      case MODEL ->
          new UsageException(
              who
                  + " has no model '"
                  + endpoint.model()
                  + "' or is no"
                  + " chat service"
                  + why
                  + ": check --model and --url, which mostly ends in /v1"
                  + named(models)
                  + ".",
              f);
      case REDIRECT ->
          new UsageException(
              who
                  + " redirects elsewhere"
                  + why
                  + ", which is not followed: give the address itself by --url.",
              f);
      case REQUEST, REFUSED ->
          new UsageException(
              who
                  + " refuses the request"
                  + why
                  + ": check --model, which has to be there, to take pictures, and to know the"
                  + " fields that are sent (--max-tokens, --temperature, --extra).",
              f);
      case QUOTA ->
          new DataException(
              who + " will not go on for now" + why + stays + "go on later with --resume.", f);
      case UNREACHABLE ->
          new DataException(
              who + " cannot be reached" + why + stays + "start it and go on with --resume.", f);
      case RETRY ->
          new DataException(
              who
                  + " failed several slices in a row, each "
                  + times(settings.traffic().retries() + 1)
                  + why
                  + stays
                  + (f.status() >= SERVER_ERROR
                      ? "its own log says why (some answer so to an unknown --model"
                          + (models.contains(endpoint.model()) ? "" : named(models))
                          + "); "
                      : "")
                  + "see to it and go on with --resume.",
              f);
    };
  }

  private static String times(int tries) {
    return tries == 1 ? "once" : tries + " times";
  }

  private static String named(List<String> models) {
    if (models.isEmpty()) {
      return "";
    }
    return "; it has "
        + models.stream().limit(NAMED).collect(Collectors.joining(", "))
        + (models.size() > NAMED ? " and " + (models.size() - NAMED) + " more" : "");
  }
}
