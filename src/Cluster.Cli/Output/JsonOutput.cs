using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Output;

/// <summary>What --json writes: one object or array, or one object a line where output streams.</summary>
internal static class JsonOutput
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private static readonly JsonSerializerOptions Options =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One line.</summary>
    public static string Line(JsonNode node) => node.ToJsonString(Options);

    /// <summary>One line of JSON, or for people a name and a value a line.</summary>
    public static string Show(this JsonObject values, bool json) => json
        ? Line(values)
        : string.Join('\n', values.Select(pair => $"{pair.Key,-18} {pair.Value}"));

    /// <summary>A message: its text if it is UTF-8, base64 if not.</summary>
    public static JsonObject Of(IpcMessage message)
    {
        var json = new JsonObject { ["type"] = message.Type };
        try
        {
            json["text"] = Strict.GetString(message.Text.Span);
        }
        catch (DecoderFallbackException)
        {
            json["base64"] = Convert.ToBase64String(message.Text.Span);
        }

        json["revision"] = message.Revision;
        return json;
    }

    /// <summary>A queue with the names of struct msqid_ds.</summary>
    public static JsonObject Of(QueueStat stat) => new()
    {
        ["key"] = $"0x{stat.Permissions.Key:x8}",
        ["msqid"] = stat.Id,
        ["uid"] = stat.Permissions.Uid,
        ["gid"] = stat.Permissions.Gid,
        ["cuid"] = stat.Permissions.Cuid,
        ["cgid"] = stat.Permissions.Cgid,
        ["mode"] = Convert.ToString(stat.Permissions.Mode, 8).PadLeft(4, '0'),
        ["cbytes"] = stat.Cbytes,
        ["qnum"] = stat.Qnum,
        ["qbytes"] = stat.Qbytes,
        ["lspid"] = stat.Lspid,
        ["lrpid"] = stat.Lrpid,
        ["stime"] = stat.Stime,
        ["rtime"] = stat.Rtime,
        ["ctime"] = stat.Ctime,
        ["receivers"] = stat.Receivers,
        ["senders"] = stat.Senders,
        ["volatile"] = stat.Volatile,
    };
}
