package io.med3dinsight.kernels.ptx;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Parses a PTX module into variables and functions; names are resolved later. */
final class Parser {
  private static final List<String> LINKAGE = List.of(".visible", ".weak", ".extern", ".common");

  final List<Variable> variables = new ArrayList<>();
  final Map<String, Function> functions = new LinkedHashMap<>();
  private final TokenStream in;

  Parser(String text) {
    in = new TokenStream(text);
    while (!in.atEnd()) {
      topLevel();
    }
  }

  private void topLevel() {
    Token t = in.peek();
    switch (t.text()) {
      case ".version", ".target", ".address_size", ".file", ".loc" -> in.skipLine();
      case ".section" -> skipSection();
      case ";" -> in.next();
      default -> linkedOrPlain();
    }
  }

  private void skipSection() {
    while (!in.peek().is("{")) {
      in.next();
    }
    int depth = 0;
    do {
      Token t = in.next();
      if (t.kind() == Token.Kind.END) {
        throw new PtxException(t.line(), "a section does not end");
      }
      depth += t.is("{") ? 1 : t.is("}") ? -1 : 0;
    } while (depth > 0);
  }

  private void linkedOrPlain() {
    boolean external = false;
    while (LINKAGE.contains(in.peek().text())) {
      external |= in.next().is(".extern");
    }
    Token t = in.peek();
    switch (t.text()) {
      case ".entry", ".func" -> function();
      case ".global", ".const", ".shared" ->
          variables.addAll(new Declarations(in).variables(external));
      default ->
          throw new PtxException(t.line(), "'" + t.text() + "' is not expected at module level");
    }
  }

  private void function() {
    Token head = in.next();
    Declarations declarations = new Declarations(in);
    List<Variable> results = in.peek().is("(") ? declarations.parameters() : List.of();
    String name = in.word();
    List<Variable> parameters = in.peek().is("(") ? declarations.parameters() : List.of();
    int maxThreads = tuning();
    if (in.accept(";")) {
      return;
    }
    List<Statement> body = new BodyParser(in).body();
    functions.put(
        name,
        new Function(name, head.is(".entry"), results, parameters, body, maxThreads, head.line()));
  }

  private int tuning() {
    int threads = 0;
    while (!in.peek().is("{") && !in.peek().is(";")) {
      Token t = in.next();
      if (t.is(".maxntid") || t.is(".reqntid")) {
        threads = (int) in.integer();
        while (in.accept(",")) {
          threads *= (int) in.integer();
        }
      } else if (t.is(".pragma")) {
        in.next();
        in.accept(";");
      } else if (t.kind() == Token.Kind.END) {
        throw new PtxException(t.line(), "a function's body is missing");
      }
    }
    return threads;
  }
}
