package io.med3dinsight.config;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.UsageException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Single values of a component's type. */
final class Values {
  private Values() {}

  /** Element type of a list or array component; null for any other. */
  static Class<?> elementType(RecordComponent component) {
    if (component.getType().isArray()) {
      return component.getType().getComponentType();
    }
    if (List.class.isAssignableFrom(component.getType())
        && component.getGenericType() instanceof ParameterizedType list
        && list.getActualTypeArguments()[0] instanceof Class<?> element) {
      return element;
    }
    return null;
  }

  static Object scalar(Class<?> type, JsonNode node, String key, String source) {
    if (node.isNull() && !type.isPrimitive()) {
      return null;
    }
    if (type == boolean.class || type == Boolean.class) {
      return bool(node, key, source);
    }
    if (type == int.class || type == Integer.class) {
      return (int) whole(node, key, source, Integer.SIZE);
    }
    if (type == long.class || type == Long.class) {
      return whole(node, key, source, Long.SIZE);
    }
    if (type == double.class || type == Double.class) {
      return number(node, key, source).doubleValue();
    }
    if (type == float.class || type == Float.class) {
      return number(node, key, source).floatValue();
    }
    if (type == String.class && node.isTextual()) {
      return node.asText();
    }
    if (type == Path.class && node.isTextual()) {
      return Path.of(node.asText());
    }
    if (type.isEnum()) {
      return constant(type, node, key, source);
    }
    if (type == String.class || type == Path.class) {
      throw wrong(key, source, node, "text; put it in quotes");
    }
    throw new IllegalStateException("Setting '" + key + "' has the unsupported type " + type);
  }

  private static boolean bool(JsonNode node, String key, String source) {
    String text = node.isContainerNode() ? "" : node.asText().toLowerCase(Locale.ROOT);
    if (!text.equals("true") && !text.equals("false")) {
      throw wrong(key, source, node, "true or false");
    }
    return text.equals("true");
  }

  private static long whole(JsonNode node, String key, String source, int bits) {
    BigInteger value;
    try {
      value = new BigDecimal(node.asText()).toBigIntegerExact();
    } catch (ArithmeticException | NumberFormatException e) {
      throw wrong(key, source, node, "a whole number");
    }
    if (value.bitLength() >= bits) {
      throw wrong(key, source, node, "a whole number of " + bits + " bits");
    }
    return value.longValue();
  }

  /** YAML takes 1e-4 for text, so text that is a number counts as one. */
  private static BigDecimal number(JsonNode node, String key, String source) {
    try {
      return new BigDecimal(node.asText());
    } catch (NumberFormatException e) {
      throw wrong(key, source, node, "a number");
    }
  }

  private static Object constant(Class<?> type, JsonNode node, String key, String source) {
    String text = node.asText().replace('-', '_');
    for (Object constant : type.getEnumConstants()) {
      if (((Enum<?>) constant).name().equalsIgnoreCase(text)) {
        return constant;
      }
    }
    String names =
        Arrays.stream(type.getEnumConstants())
            .map(c -> ((Enum<?>) c).name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(", "));
    throw wrong(key, source, node, "one of " + names);
  }

  static UsageException wrong(String key, String source, JsonNode node, String expected) {
    return new UsageException(
        "Setting '" + key + "'" + source + " is " + shown(node) + ": expected " + expected + ".");
  }

  static String shown(JsonNode node) {
    return node.isTextual() ? "'" + node.asText() + "'" : node.toString();
  }
}
