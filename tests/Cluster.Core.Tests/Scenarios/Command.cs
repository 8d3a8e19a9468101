using System.Globalization;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Scenarios;

/// <summary>A command, taken apart: words, name=value pairs and one text in quotes.</summary>
public sealed class Command
{
    private readonly Dictionary<string, string> _values = [];

    public Command(string line)
    {
        var quote = line.IndexOf('"');
        if (quote >= 0)
        {
            var end = line.IndexOf('"', quote + 1);
            Text = line[(quote + 1)..end];
            line = line[..quote] + line[(end + 1)..];
        }

        foreach (var word in line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = word.IndexOf('=');
            if (equals < 0) Words.Add(word);
            else _values.Add(word[..equals], word[(equals + 1)..]);
        }
    }

    public List<string> Words { get; } = [];

    public string? Text { get; }

    public bool Has(string name) => _values.ContainsKey(name);

    public bool Says(string word) => Words.Contains(word);

    /// <summary>The word after this one.</summary>
    public string? After(string word)
    {
        var at = Words.IndexOf(word);
        return at >= 0 && at + 1 < Words.Count ? Words[at + 1] : null;
    }

    public string Get(string name, string otherwise) => _values.GetValueOrDefault(name, otherwise);

    public long Number(string name, long otherwise = 0) =>
        _values.TryGetValue(name, out var text) ? ToNumber(text) : otherwise;

    /// <summary>The text of a message: in quotes, or a number of bytes.</summary>
    public ByteString Message() => Text is { } text
        ? ByteString.CopyFromUtf8(text)
        : ByteString.CopyFrom(Enumerable.Repeat((byte)'x', (int)Number("bytes")).ToArray());

    /// <summary>The nine mode bits, written in octal.</summary>
    public int Mode(string otherwise) => Convert.ToInt32(Get("mode", otherwise), 8);

    /// <summary>Names of flags, joined by "|".</summary>
    public int Flags() => Get("flags", "").Split('|', StringSplitOptions.RemoveEmptyEntries).Sum(flag => flag switch
    {
        "CREAT" => IpcFlags.IPC_CREAT,
        "EXCL" => IpcFlags.IPC_EXCL,
        "NOWAIT" => IpcFlags.IPC_NOWAIT,
        "NOERROR" => IpcFlags.MSG_NOERROR,
        "EXCEPT" => IpcFlags.MSG_EXCEPT,
        "COPY" => IpcFlags.MSG_COPY,
        "RDONLY" => IpcFlags.SHM_RDONLY,
        "RND" => IpcFlags.SHM_RND,
        "REMAP" => IpcFlags.SHM_REMAP,
        "EXEC" => IpcFlags.SHM_EXEC,
        _ => throw new FormatException($"no flag is called {flag}"),
    });

    /// <summary>A time in ms: "250ms", "10s", "2h".</summary>
    public static long ToMs(string text)
    {
        if (text.EndsWith("ms", StringComparison.Ordinal)) return ToNumber(text[..^2]);
        return ToNumber(text[..^1]) * text[^1] switch
        {
            's' => 1_000,
            'h' => 3_600_000,
            _ => throw new FormatException($"{text} is no time"),
        };
    }

    public static long ToNumber(string text) => text switch
    {
        "LONG_MIN" => long.MinValue,
        "LONG_MAX" => long.MaxValue,
        "INT_MAX" => int.MaxValue,
        _ => long.Parse(text, CultureInfo.InvariantCulture),
    };
}
