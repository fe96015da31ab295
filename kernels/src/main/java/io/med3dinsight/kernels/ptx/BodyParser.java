package io.med3dinsight.kernels.ptx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Parses the body of a function into statements. */
final class BodyParser {
  private final TokenStream in;
  private final List<Statement> out = new ArrayList<>();

  BodyParser(TokenStream in) {
    this.in = in;
  }

  List<Statement> body() {
    in.expect("{");
    int depth = 1;
    while (depth > 0) {
      Token t = in.peek();
      if (t.kind() == Token.Kind.END) {
        throw new PtxException(t.line(), "a function's body does not end");
      }
      if (in.accept("{")) {
        depth++;
        out.add(Statement.marker(Statement.Kind.OPEN, t.line()));
      } else if (in.accept("}")) {
        depth--;
        if (depth > 0) {
          out.add(Statement.marker(Statement.Kind.CLOSE, t.line()));
        }
      } else {
        statement(t);
      }
    }
    return out;
  }

  private void statement(Token t) {
    if (in.accept(";")) {
      return;
    }
    if (in.peek(1).is(":") && !in.peek(2).is(":") && t.kind() == Token.Kind.WORD) {
      in.next();
      in.next();
      labelled(t);
    } else if (t.text().startsWith(".")) {
      directive(t);
    } else {
      instruction(t);
    }
  }

  private void labelled(Token t) {
    if (!in.peek().is(".branchtargets")) {
      out.add(Statement.label(t.text(), t.line()));
      return;
    }
    in.next();
    List<Operand> targets = new ArrayList<>();
    do {
      targets.add(Operand.name(in.word(), 0, false));
    } while (in.accept(","));
    in.expect(";");
    out.add(
        new Statement(
            Statement.Kind.TARGETS,
            t.line(),
            in.since(t),
            null,
            false,
            List.of(t.text()),
            targets,
            null));
  }

  private void directive(Token t) {
    String first = t.text().substring(1).split("\\.")[0];
    switch (first) {
      case "reg", "local", "shared", "param", "global", "const" -> {
        Statement.Kind kind =
            first.equals("reg") ? Statement.Kind.REGISTERS : Statement.Kind.VARIABLE;
        for (Variable v : new Declarations(in).variables(false)) {
          out.add(Statement.declaration(kind, t.line(), v));
        }
      }
      case "pragma" -> {
        in.next();
        in.next();
        in.expect(";");
      }
      case "loc", "file" -> in.skipLine();
      default -> throw new PtxException(t.line(), "directive '" + t.text() + "' is not supported");
    }
  }

  private void instruction(Token first) {
    String guard = null;
    boolean negated = false;
    if (in.accept("@")) {
      negated = in.accept("!");
      guard = in.word();
    }
    List<String> opcode = Arrays.asList(in.word().replace("::", ".").split("\\."));
    List<Operand> operands = new ArrayList<>();
    while (in.peek().is(":")) {
      // Qualifiers such as .shared::cta; the part after the colons does not matter here.
      in.next();
      in.expect(":");
      List<String> more = new ArrayList<>(opcode);
      more.addAll(Arrays.asList(in.word().split("\\.")));
      opcode = more;
    }
    while (!in.accept(";")) {
      operands.add(operand());
      if (!in.accept(",") && !in.peek().is(";")) {
        Token t = in.peek();
        throw new PtxException(t.line(), "',' or ';' was expected, '" + t.text() + "' found");
      }
    }
    out.add(
        new Statement(
            Statement.Kind.INSTRUCTION,
            first.line(),
            in.since(first),
            guard,
            negated,
            opcode,
            operands,
            null));
  }

  private Operand operand() {
    Operand first = single();
    return in.accept("|") ? Operand.pair(first, single()) : first;
  }

  private Operand single() {
    if (in.accept("{")) {
      return Operand.vector(list("}"));
    }
    if (in.accept("(")) {
      return Operand.vector(list(")"));
    }
    if (in.accept("[")) {
      return address();
    }
    if (in.accept("!")) {
      return Operand.name(in.word(), 0, true);
    }
    if (in.accept("-")) {
      return Operand.number(in.next().text(), true);
    }
    if (in.peek().kind() == Token.Kind.NUMBER) {
      return Operand.number(in.next().text(), false);
    }
    return Operand.name(in.word(), offset(), false);
  }

  private List<Operand> list(String close) {
    List<Operand> parts = new ArrayList<>();
    while (!in.accept(close)) {
      parts.add(single());
      in.accept(",");
    }
    return parts;
  }

  private Operand address() {
    String base = in.peek().kind() == Token.Kind.WORD ? in.word() : null;
    long offset = base == null ? in.integer() : offset();
    in.expect("]");
    return Operand.address(base, offset);
  }

  private long offset() {
    if (in.accept("+")) {
      return in.integer();
    }
    return in.peek().is("-") ? in.integer() : 0;
  }
}
