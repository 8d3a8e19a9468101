using System.Text;
using Cluster.Cli.Failures;

namespace Cluster.Cli.Kinds;

/// <summary>The text of a message on the command line: an argument, a file, or standard input.</summary>
internal sealed class TextSource
{
    private readonly Argument<string?> _text = new("TEXT")
    {
        Arity = ArgumentArity.ZeroOrOne, Description = "The message [default: --file, or standard input]",
    };

    private readonly Option<FileInfo?> _file = new("--file")
    {
        HelpName = "FILE", Description = "Send what the file has",
    };

    public void AddTo(Command command)
    {
        command.Add(_text);
        command.Add(_file);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_text) is not null && result.GetResult(_file) is not null)
                result.AddError("send: TEXT or --file, not both");
        });
    }

    /// <summary>The bytes.</summary>
    /// <exception cref="FailedException">They cannot be read, or are more than a message may have.</exception>
    public async Task<byte[]> ReadAsync(ParseResult parsed, CancellationToken cancelled)
    {
        var (text, file) = (parsed.GetValue(_text), parsed.GetValue(_file));
        if (text is not null) return Encoding.UTF8.GetBytes(text);
        if (file is not null && Directory.Exists(file.FullName))
            throw new FailedException($"send: cannot read {file.FullName}: it is a directory, and a file is needed");
        try
        {
            await using var input = file?.OpenRead() ?? Console.OpenStandardInput();
            // A read of a terminal or pipe cannot be cancelled. An interrupted command leaves it running and ends.
            return await Task.Run(() => ReadAsync(input), cancelled).WaitAsync(cancelled);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FailedException($"send: cannot read {file?.FullName ?? "standard input"}: {exception.Message}");
        }
    }

    // Stops at the size of the largest message, so that a huge file is an error and does not fill the memory.
    private static async Task<byte[]> ReadAsync(Stream input)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (await input.ReadAsync(buffer) is > 0 and var count)
        {
            bytes.Write(buffer, 0, count);
            if (bytes.Length > Bounds.MessageBytes)
                throw new FailedException($"send: longer than any message can be ({Bounds.MessageBytes} bytes)");
        }

        return bytes.ToArray();
    }
}
