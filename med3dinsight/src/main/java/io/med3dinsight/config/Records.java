package io.med3dinsight.config;

import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What records hold, by name. */
final class Records {
  private Records() {}

  static Object get(Record settings, RecordComponent component) {
    try {
      Method accessor = component.getAccessor();
      accessor.setAccessible(true);
      return accessor.invoke(settings);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          settings.getClass().getName() + "." + component.getName() + " cannot be read", e);
    }
  }

  static List<String> names(Class<?> type) {
    return Arrays.stream(type.getRecordComponents()).map(RecordComponent::getName).toList();
  }

  /** Every dotted key of a record class, groups included. */
  static List<String> keys(Class<?> type) {
    List<String> keys = new ArrayList<>();
    collect(type, "", keys);
    return keys;
  }

  private static void collect(Class<?> type, String prefix, List<String> keys) {
    for (RecordComponent component : type.getRecordComponents()) {
      keys.add(prefix + component.getName());
      if (component.getType().isRecord()) {
        collect(component.getType(), prefix + component.getName() + ".", keys);
      }
    }
  }

  /** Nested maps and lists of plain values, in the order of the record's components. */
  static Map<String, Object> toMap(Record settings) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (RecordComponent component : settings.getClass().getRecordComponents()) {
      map.put(component.getName(), plain(get(settings, component)));
    }
    return map;
  }

  private static Object plain(Object value) {
    if (value instanceof Record nested) {
      return toMap(nested);
    }
    if (value instanceof List<?> list) {
      return list.stream().map(Records::plain).toList();
    }
    if (value != null && value.getClass().isArray()) {
      List<Object> items = new ArrayList<>();
      for (int i = 0; i < Array.getLength(value); i++) {
        items.add(plain(Array.get(value, i)));
      }
      return items;
    }
    if (value instanceof Enum<?> constant) {
      return constant.name().toLowerCase(Locale.ROOT);
    }
    return value instanceof Path path ? path.toString() : value;
  }
}
