package io.med3dinsight.config;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.UsageException;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes records from trees of values, with the path of every value at hand for error messages. */
final class Binder {
  private final Class<?> root;

  Binder(Class<?> root) {
    this.root = root;
  }

  /** The record with the values that a whole tree names. */
  Record apply(Record settings, JsonNode tree, String source) {
    if (tree.isMissingNode() || tree.isNull()) {
      return settings;
    }
    return merge(settings, settings.getClass(), tree, "", " in " + source);
  }

  /** The record with one value replaced, addressed by its dotted key. */
  Record set(Record settings, String key, JsonNode value) {
    return set(settings, key, 0, value);
  }

  private Record set(Record settings, String key, int from, JsonNode value) {
    int dot = key.indexOf('.', from);
    String name = dot < 0 ? key.substring(from) : key.substring(from, dot);
    String path = dot < 0 ? key : key.substring(0, dot);
    RecordComponent component = component(settings.getClass(), name);
    if (component == null) {
      throw unknown(key, "");
    }
    Object old = Records.get(settings, component);
    Object changed;
    if (dot < 0) {
      changed = value(component, old, value, path, "");
    } else if (old instanceof Record nested) {
      changed = set(nested, key, dot + 1, value);
    } else {
      throw unknown(key, "");
    }
    return rebuild(
        settings, settings.getClass(), Collections.singletonMap(name, changed), path, "");
  }

  private Record merge(Record old, Class<?> type, JsonNode tree, String path, String source) {
    if (!tree.isObject()) {
      throw new UsageException(
          "Setting '"
              + (path.isEmpty() ? "(top level)" : path)
              + "'"
              + source
              + " is "
              + Values.shown(tree)
              + ": expected a group of settings: "
              + String.join(", ", Records.names(type))
              + ".");
    }
    Map<String, Object> changes = new LinkedHashMap<>();
    for (Iterator<String> names = tree.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      String key = path.isEmpty() ? name : path + "." + name;
      RecordComponent component = component(type, name);
      if (component == null) {
        throw unknown(key, source);
      }
      Object present = old == null ? null : Records.get(old, component);
      changes.put(name, value(component, present, tree.get(name), key, source));
    }
    return rebuild(old, type, changes, path, source);
  }

  private Object value(
      RecordComponent component, Object old, JsonNode node, String key, String source) {
    return value(component.getType(), Values.elementType(component), old, node, key, source);
  }

  private Object value(
      Class<?> type, Class<?> element, Object old, JsonNode node, String key, String source) {
    if (type.isRecord() && !node.isNull()) {
      return merge((Record) old, type, node, key, source);
    }
    if ((List.class.isAssignableFrom(type) || type.isArray()) && !node.isNull()) {
      return list(type, element, node, key, source);
    }
    return Values.scalar(type, node, key, source);
  }

  private Object list(Class<?> type, Class<?> element, JsonNode node, String key, String source) {
    if (!node.isArray()) {
      throw Values.wrong(key, source, node, "a list such as [1, 2, 3]");
    }
    List<Object> items = new ArrayList<>();
    Class<?> within = element.isArray() ? element.getComponentType() : null;
    for (int i = 0; i < node.size(); i++) {
      items.add(value(element, within, null, node.get(i), key + "[" + i + "]", source));
    }
    if (!type.isArray()) {
      return List.copyOf(items);
    }
    Object array = Array.newInstance(element, items.size());
    for (int i = 0; i < items.size(); i++) {
      Array.set(array, i, items.get(i));
    }
    return array;
  }

  private static Record rebuild(
      Record old, Class<?> type, Map<String, Object> changes, String path, String source) {
    RecordComponent[] components = type.getRecordComponents();
    Object[] arguments = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      String name = components[i].getName();
      if (changes.containsKey(name)) {
        arguments[i] = changes.get(name);
      } else if (old != null) {
        arguments[i] = Records.get(old, components[i]);
      } else {
        throw new UsageException(
            "Setting '" + path + "." + name + "'" + source + " is missing: expected a value.");
      }
    }
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      Constructor<?> constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return (Record) constructor.newInstance(arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof UsageException refused) {
        throw refused;
      }
      if (e.getCause() instanceof IllegalArgumentException refused) {
        String where = path.isEmpty() ? "The settings" : "Setting '" + path + "'";
        throw new UsageException(where + source + ": " + refused.getMessage(), refused);
      }
      throw new IllegalStateException("The constructor of " + type.getName() + " failed", e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type.getName() + " cannot be constructed", e);
    }
  }

  private static RecordComponent component(Class<?> type, String name) {
    return Arrays.stream(type.getRecordComponents())
        .filter(c -> c.getName().equals(name))
        .findFirst()
        .orElse(null);
  }

  private UsageException unknown(String key, String source) {
    return new UsageException(
        "Setting '"
            + key
            + "'"
            + source
            + " is unknown: did you mean '"
            + Nearest.key(key, Records.keys(root))
            + "'?");
  }

  static Map<String, Object> toMap(Record settings) {
    return Records.toMap(settings);
  }
}
