using Cluster.Node.Settings;

namespace Cluster.Node.Tests.Settings;

/// <summary>The malformed part of HOCON, and its line.</summary>
public sealed class HoconSyntaxTests
{
    [Theory]
    [InlineData("")]
    [InlineData("# nothing { but a comment\n// and [ another")]
    [InlineData("ipc { listen = \"127.0.0.1:5300\", data = /var/lib/cluster-ipc }\nakka.loglevel = INFO")]
    [InlineData("{ \"ipc\" : { \"listen\" : \"a:1\" } }")]
    [InlineData("a =\n  1\nb : [1, 2,\n 3]\nc += 4\nd { e { f = g } }")]
    [InlineData("a = \"{ \\\" #\"\nb = \"\"\"\n { \" \"\"\"\nc = ${a} ${?b}\nd = [ { e = 1 }, [2] ]")]
    [InlineData("include \"other.conf\"\na = 127.0.0.1:5300 # the rest")]
    public void WellFormed(string text) => Assert.Null(HoconSyntax.FindError(text));

    [Theory]
    [InlineData("ipc { listen = ", "line 1: 'listen' has no value")]
    [InlineData("ipc {\n listen\n}", "line 2: 'listen' has no value")]
    [InlineData("ipc { listen =, data = x }", "line 1: 'listen' has no value")]
    [InlineData("ipc", "line 1: 'ipc' has no value")]
    [InlineData("a = 1\nipc {\n  listen = x\n", "line 2: '{' is not closed")]
    [InlineData("a = [1, 2", "line 1: '[' is not closed")]
    [InlineData("a = [1, 2 }", "line 1: '}' stands where ']' would close line 1")]
    [InlineData("ipc {\n listen = x\n}\n}", "line 4: '}' closes nothing")]
    [InlineData("a = 1\nb = \"x", "line 2: the text that \" begins does not end")]
    [InlineData("a = \"x\nb = 1", "line 1: the text that \" begins does not end")]
    [InlineData("a = \"\"\"x\ny", "line 1: the text that \"\"\" begins does not end")]
    [InlineData("a = ${b", "line 1: '${' is not closed")]
    [InlineData("ipc { = 5 }", "line 1: '=' without a name before it")]
    public void Malformed(string text, string said) => Assert.Equal(said, HoconSyntax.FindError(text));

    [Fact]
    public void A_truncated_file_gets_an_answer()
    {
        const string Text = "ipc { listen = \"a:1\" # c\n x = [1, ${?y}], z : \"\"\"q\"\"\" }\nakka { b += 1 }\n";
        for (var length = 0; length <= Text.Length; length++) HoconSyntax.FindError(Text[..length]);
        Assert.Null(HoconSyntax.FindError(Text));
    }
}
