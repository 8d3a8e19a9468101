using System.Text.RegularExpressions;

namespace Cluster.Cli.Tests.Lsipc;

/// <summary>ipc lsipc writes byte for byte what lsipc of util-linux writes for the same objects.</summary>
public sealed partial class LsipcTests
{
    private const string Reference = "Lsipc/util-linux-2.38.txt";

    public static TheoryData<string> Lines => [.. Cases().Select(each => each.Line)];

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task A_command_line_writes_what_util_linux_writes(string line)
    {
        var (_, expected, code, error) = Cases().Single(each => each.Line == line);
        var filled = await World.FilledAsync();
        Assert.Equal(code, await filled.RunAsync(line));
        Assert.Equal(expected, OtherSecond().Replace(filled.Output, "${1}20"));
        if (code == 0) Assert.Equal("", filled.Error);
        else Assert.StartsWith($"ipc: {error}\n", filled.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Queues_have_numeric_permissions_too()
    {
        var filled = await World.FilledAsync();
        Assert.Equal(0, await filled.RunAsync("lsipc -q -P -o PERMS"));
        Assert.Equal("PERMS\n 0600\n", filled.Output);
    }

    [Theory]
    [InlineData("lsipc -q -i 99")]
    [InlineData("lsipc -m -i 99 -J")]
    [InlineData("lsipc -s -i 99 -r")]
    public async Task An_object_that_is_not_there_is_told(string line)
    {
        var filled = await World.FilledAsync();
        Assert.Equal(1, await filled.RunAsync(line));
        Assert.Equal(("", "ipc: lsipc: id 99 not found\n"), (filled.Output, filled.Error));
    }

    [Theory]
    [InlineData("lsipc -q -i x", "--id: 'x' is not a number from 0 to 2147483647")]
    [InlineData("lsipc -q --time-format=x", "--time-format: 'x' is not short, full or iso")]
    public async Task Nonsense_is_told(string line, string said)
    {
        var tool = new Tool();
        Assert.Equal(1, await tool.RunAsync(line));
        Assert.StartsWith($"ipc: {said}", tool.Error, StringComparison.Ordinal);
    }

    private static List<(string Line, string Output, int Code, string Error)> Cases()
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, Reference));
        return
        [
            .. Case().Matches(text).Select(match => (
                match.Groups["line"].Value, match.Groups["output"].Value, int.Parse(match.Groups["code"].Value),
                match.Groups["error"].Value)),
        ];
    }

    [GeneratedRegex(
        @"^### (?<line>[^\n]*)\n(?<output>.*?)^=== (?<code>\d+) (?<error>[^\n]*)$",
        RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Case();

    // The calls of the world are one second later than the creations.
    [GeneratedRegex("(09:08:)21")]
    private static partial Regex OtherSecond();
}
