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
    public static JsonObject Of(MessageQueueStat stat)
    {
        var json = Head(stat.Permissions, "msqid", stat.Id);
        json["cbytes"] = stat.Cbytes;
        json["qnum"] = stat.Qnum;
        json["qbytes"] = stat.Qbytes;
        json["lspid"] = stat.Lspid;
        json["lrpid"] = stat.Lrpid;
        json["stime"] = stat.Stime;
        json["rtime"] = stat.Rtime;
        json["ctime"] = stat.Ctime;
        json["receivers"] = stat.Receivers;
        json["senders"] = stat.Senders;
        json["volatile"] = stat.Durability == Durability.Volatile;
        return json;
    }

    /// <summary>A set with the names of struct semid_ds.</summary>
    public static JsonObject Of(SemaphoreSetStat stat)
    {
        var json = Head(stat.Permissions, "semid", stat.Id);
        json["nsems"] = stat.Nsems;
        json["otime"] = stat.Otime;
        json["ctime"] = stat.Ctime;
        json["waiters"] = stat.Waiters;
        json["volatile"] = stat.Durability == Durability.Volatile;
        return json;
    }

    /// <summary>A segment with the names of struct shmid_ds.</summary>
    public static JsonObject Of(SharedMemorySegmentStat stat)
    {
        var json = Head(stat.Permissions, "shmid", stat.Id, stat.ModeBits);
        json["segsz"] = stat.Segsz;
        json["nattch"] = stat.Nattch;
        json["cpid"] = stat.Cpid;
        json["lpid"] = stat.Lpid;
        json["atime"] = stat.Atime;
        json["dtime"] = stat.Dtime;
        json["ctime"] = stat.Ctime;
        json["extents"] = stat.Extents;
        json["volatile"] = stat.Durability == Durability.Volatile;
        return json;
    }

    /// <summary>One semaphore of a set.</summary>
    public static JsonObject Of(IReadOnlyList<SemaphoreState> values, int number) => new()
    {
        ["semnum"] = number,
        ["value"] = values[number].Value,
        ["ncount"] = values[number].IncreaseCount,
        ["zcount"] = values[number].ZeroCount,
        ["pid"] = values[number].Pid,
    };

    private static JsonObject Head(IpcPermissions permissions, string idName, int id, int? mode = null) => new()
    {
        ["key"] = $"0x{permissions.Key:x8}",
        [idName] = id,
        ["uid"] = permissions.Uid,
        ["gid"] = permissions.Gid,
        ["cuid"] = permissions.Cuid,
        ["cgid"] = permissions.Cgid,
        ["mode"] = Convert.ToString(mode ?? (int)permissions.Mode, 8).PadLeft(4, '0'),
    };
}
