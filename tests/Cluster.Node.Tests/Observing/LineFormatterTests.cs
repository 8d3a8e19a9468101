using Cluster.Node.Observing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cluster.Node.Tests.Observing;

/// <summary>The text lines of a failure.</summary>
public sealed class LineFormatterTests
{
    [Fact]
    public void A_terminal_is_not_ordered_about() =>
        Assert.Equal("?[2J?[31mFATAL", LineFormatter.Text("\u001b[2J\u001b[31mFATAL"));

    [Fact]
    public void An_exception_is_its_message_and_its_causes()
    {
        var exception = Thrown(new InvalidOperationException("it failed", new IOException("disk\nfull")));
        Assert.Equal(
            "fail: journal: cannot write: it failed (InvalidOperationException) <- disk full (IOException)\n",
            Write("cannot write", exception));
    }

    [Fact]
    public void A_stack_trace_within_a_message_is_left_out()
    {
        var exception = Thrown(new InvalidOperationException("it failed"));
        Assert.Equal(
            "fail: journal: stopped: System.InvalidOperationException: it failed\n",
            Write($"stopped: {exception}", null));
    }

    private static string Write(string message, Exception? exception)
    {
        var writer = new StringWriter { NewLine = "\n" };
        new LineFormatter().Write(
            new LogEntry<string>(LogLevel.Error, "journal", default, message, exception, (text, _) => text),
            null,
            writer);
        return writer.ToString();
    }

    private static Exception Thrown(Exception exception)
    {
        try
        {
            throw exception;
        }
        catch (InvalidOperationException thrown)
        {
            return thrown;
        }
    }
}
