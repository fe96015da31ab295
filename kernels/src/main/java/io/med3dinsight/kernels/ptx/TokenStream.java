package io.med3dinsight.kernels.ptx;

import java.util.List;

/** A position in the tokens of a PTX text. */
final class TokenStream {
  private final String text;
  private final List<Token> tokens;
  private int at;

  TokenStream(String text) {
    this.text = text;
    this.tokens = new Lexer(text).tokens();
  }

  Token peek() {
    return tokens.get(at);
  }

  Token peek(int ahead) {
    return tokens.get(Math.min(at + ahead, tokens.size() - 1));
  }

  Token next() {
    Token t = tokens.get(at);
    if (at < tokens.size() - 1) {
      at++;
    }
    return t;
  }

  boolean atEnd() {
    return peek().kind() == Token.Kind.END;
  }

  boolean accept(String mark) {
    if (peek().is(mark)) {
      next();
      return true;
    }
    return false;
  }

  void expect(String mark) {
    Token t = next();
    if (!t.is(mark)) {
      throw new PtxException(t.line(), "'" + mark + "' was expected, '" + t.text() + "' found");
    }
  }

  String word() {
    Token t = next();
    if (t.kind() != Token.Kind.WORD) {
      throw new PtxException(t.line(), "a name was expected, '" + t.text() + "' found");
    }
    return t.text();
  }

  long integer() {
    boolean minus = accept("-");
    Token t = next();
    if (t.kind() != Token.Kind.NUMBER) {
      throw new PtxException(t.line(), "a number was expected, '" + t.text() + "' found");
    }
    return Operand.number(t.text(), minus).bits(64, t.line());
  }

  /** Skips the tokens left on the current line. */
  void skipLine() {
    int line = peek().line();
    while (!atEnd() && peek().line() == line) {
      next();
    }
  }

  /** Text between a token and the current position, blanks squeezed. */
  String since(Token first) {
    int end = at == 0 ? first.end() : tokens.get(at - 1).end();
    return text.substring(first.start(), end).replaceAll("\\s+", " ");
  }
}
