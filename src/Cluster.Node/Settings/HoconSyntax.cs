namespace Cluster.Node.Settings;

/// <summary>
/// Finds syntax errors in a HOCON text before Akka's parser reads it. Akka's parser accepts truncated files, and does
/// not terminate on some malformed ones.
/// </summary>
internal sealed class HoconSyntax
{
    private readonly string _text;
    private readonly Stack<Block> _blocks = new([new Block('\0', 1)]);
    private int _at;
    private int _line = 1;
    private string? _wrong;

    private HoconSyntax(string text) => _text = text;

    /// <summary>The first error, with its line; null: there is none.</summary>
    public static string? FindError(string text) => new HoconSyntax(text).Run();

    private string? Run()
    {
        while (_wrong is null && _at < _text.Length) Step();
        if (_wrong is not null) return _wrong;
        Finish();
        if (_blocks.Peek() is { Open: not '\0' } open) _wrong ??= $"line {open.Line}: '{open.Open}' is not closed";
        return _wrong;
    }

    private void Step()
    {
        var block = _blocks.Peek();
        var next = _text[_at];
        if (IsComment())
        {
            var end = _text.IndexOf('\n', _at);
            _at = end < 0 ? _text.Length : end;
        }
        else if (next == '"') Quoted(block);
        else if (next is '$' && _text.AsSpan(_at).StartsWith("${")) Substitution(block);
        else if (next is '{' or '[') Open(block, next);
        else if (next is '}' or ']') Close(next);
        else if (next is '=' or ':' && block is { IsList: false, HasSeparator: false }) Separator(block);
        else if (next is ',') Finish();
        else if (next is '\n') NewLine(block);
        else
        {
            if (!char.IsWhiteSpace(next) && next != '+') Word(block);
            _at++;
        }
    }

    private bool IsComment() => _text[_at] == '#' || _text.AsSpan(_at).StartsWith("//");

    private void Quoted(Block block)
    {
        var start = _line;
        var mark = _text.AsSpan(_at).StartsWith("\"\"\"") ? "\"\"\"" : "\"";
        Word(block);
        for (_at += mark.Length; _at < _text.Length; _at++)
        {
            if (_text.AsSpan(_at).StartsWith(mark))
            {
                _at += mark.Length;
                return;
            }

            if (_text[_at] == '\\' && mark.Length == 1) _at++;
            else if (_text[_at] == '\n' && mark.Length == 1) break;
            else if (_text[_at] == '\n') _line++;
        }

        _wrong = $"line {start}: the text that {mark} begins does not end";
    }

    private void Substitution(Block block)
    {
        Word(block);
        var end = _text.IndexOf('}', _at);
        if (end < 0) _wrong = $"line {_line}: '${{' is not closed";
        _at = end + 1;
    }

    private void Open(Block block, char open)
    {
        if (block.HasKey && !block.HasSeparator && open == '{') block.HasSeparator = true;
        Word(block);
        _blocks.Push(new Block(open, _line));
        _at++;
    }

    private void Close(char close)
    {
        Finish();
        var block = _blocks.Peek();
        var expected = block.Open switch { '{' => '}', '[' => ']', _ => '\0' };
        if (expected == '\0') _wrong ??= $"line {_line}: '{close}' closes nothing";
        else if (expected != close)
            _wrong ??= $"line {_line}: '{close}' stands where '{expected}' would close line {block.Line}";
        else _blocks.Pop();
    }

    private void Separator(Block block)
    {
        if (!block.HasKey) _wrong = $"line {_line}: '{_text[_at]}' without a name before it";
        block.HasSeparator = true;
        _at++;
    }

    private void NewLine(Block block)
    {
        // The value may stand on the next line; the separator may not.
        if (block.HasValue || !block.HasSeparator) Finish();
        else _at++;
        _line++;
    }

    private void Word(Block block)
    {
        if (block.HasSeparator) block.HasValue = true;
        else if (!block.HasKey) (block.HasKey, block.KeyAt) = (true, _at);
    }

    // A comma, the end of a line and the end of a block end an entry, which must be complete.
    private void Finish()
    {
        var block = _blocks.Peek();
        if (block is { IsList: false, HasKey: true, HasValue: false } && !IsInclude(block) && !IsWhole(block))
            _wrong = $"line {_line}: '{KeyOf(block)}' has no value";
        (block.HasKey, block.HasSeparator, block.HasValue) = (false, false, false);
        if (_at < _text.Length) _at++;
    }

    // The whole file may stand in braces.
    private bool IsWhole(Block block) => block is { Open: '\0', HasSeparator: false } && _text[block.KeyAt] == '{';

    private bool IsInclude(Block block) =>
        !block.HasSeparator && _text.AsSpan(block.KeyAt).StartsWith("include ", StringComparison.Ordinal);

    private string KeyOf(Block block)
    {
        var end = block.KeyAt;
        while (end < _text.Length && _text[end] is not (' ' or '=' or ':' or '\n' or '}' or ',' or '{')) end++;
        return _text[block.KeyAt..end].Trim('"');
    }

    private sealed class Block(char open, int line)
    {
        public char Open { get; } = open;

        public int Line { get; } = line;

        public bool IsList => Open == '[';

        public bool HasKey { get; set; }

        public int KeyAt { get; set; }

        public bool HasSeparator { get; set; }

        public bool HasValue { get; set; }
    }
}
