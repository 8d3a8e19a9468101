using System.Text;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>Writes received messages.</summary>
internal static class MessageOutput
{
    private static readonly byte[] Newline = "\n"u8.ToArray();
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Writes one message. All of it is written when the method returns.</summary>
    /// <param name="globals">The output.</param>
    /// <param name="head">The members of the JSON object before the text.</param>
    /// <param name="text">The text.</param>
    /// <param name="revision">The queue's count of events.</param>
    /// <param name="json">Whether to write JSON.</param>
    /// <param name="raw">Whether to write no newline after the text.</param>
    public static async ValueTask WriteAsync(
        Globals globals, JsonObject head, ReadOnlyMemory<byte> text, ulong revision, bool json, bool raw)
    {
        if (json)
        {
            await globals.Out.WriteLineAsync(JsonOutput.Line(Json(head, text, revision)));
        }
        else
        {
            // The bytes unchanged, also where they are not UTF-8.
            await globals.Out.FlushAsync();
            await globals.Out.BaseStream.WriteAsync(text);
            if (!raw) await globals.Out.BaseStream.WriteAsync(Newline);
        }

        await globals.Out.FlushAsync();
    }

    // The text is a string if it is UTF-8, and base64 if not.
    private static JsonObject Json(JsonObject json, ReadOnlyMemory<byte> text, ulong revision)
    {
        try
        {
            json["text"] = Strict.GetString(text.Span);
        }
        catch (DecoderFallbackException)
        {
            json["base64"] = Convert.ToBase64String(text.Span);
        }

        json["revision"] = revision;
        return json;
    }
}
