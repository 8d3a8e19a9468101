using Cluster.Protocol;

namespace Cluster.Core.Tests.Scenarios;

/// <summary>Results in the words of the scenarios.</summary>
public static class Printer
{
    public static string Print(Result result, Func<int, string> nameOf, IReadOnlyList<string> fields)
    {
        if (result.Errno != 0) return ((Errno)result.Errno).ToString();
        return result.ValueCase switch
        {
            Result.ValueOneofCase.None => $"ok{Named(" after ", result.After)}{Named(" next ", result.Next)}",
            Result.ValueOneofCase.Message => Print(result.Message),
            Result.ValueOneofCase.QueueStat =>
                string.Join(' ', fields.Select(field => $"{field}={Field(result.QueueStat, field, nameOf)}")),
            Result.ValueOneofCase.SemNumber => $"{result.SemNumber}",
            Result.ValueOneofCase.SemValues => $"values=[{string.Join(' ', result.SemValues.Values)}]",
            Result.ValueOneofCase.SetStat =>
                string.Join(' ', fields.Select(field => $"{field}={Field(result.SetStat, field)}")),
            Result.ValueOneofCase.SegmentStat =>
                string.Join(' ', fields.Select(field => $"{field}={Field(result.SegmentStat, field, nameOf)}")),
            Result.ValueOneofCase.ShmAttachment =>
                $"ok size={result.ShmAttachment.Size}{(result.ShmAttachment.ReadOnly ? " read-only" : "")}",
            Result.ValueOneofCase.ShmBytes => Print(result.ShmBytes),
            Result.ValueOneofCase.ShmWord => $"was={result.ShmWord.Previous}",
            Result.ValueOneofCase.Id => $"ok id={result.Id}",
            Result.ValueOneofCase.Got => $"ok id={result.Got.Id}{(result.Got.Existed ? " existed" : "")}",
            Result.ValueOneofCase.Listing => Print(result.Listing),
            Result.ValueOneofCase.DirectoryStatus =>
                $"objects={result.DirectoryStatus.Objects} highest={result.DirectoryStatus.HighestIndex}"
                + (result.DirectoryStatus.HasNextId ? $" next={result.DirectoryStatus.NextId}" : ""),
            Result.ValueOneofCase.NamespaceListing => $"names=[{string.Join(' ', result.NamespaceListing.Names)}]",
            Result.ValueOneofCase.Limits =>
                $"msgmax={result.Limits.Msgmax} msgmnb={result.Limits.Msgmnb} msgmni={result.Limits.Msgmni}",
            _ => result.ToString(),
        };
    }

    private static string Named(string what, ulong seq) => seq == 0 ? "" : $"{what}{seq}";

    private static string Print(Message message)
    {
        var text = message.Text.Length > 16 ? $"{message.Text.Length} bytes" : $"\"{message.Text.ToStringUtf8()}\"";
        return $"type={message.Type} {text}";
    }

    private static string Print(ShmBytes bytes)
    {
        var data = bytes.Data.ToByteArray().Concat(new byte[bytes.Length - bytes.Data.Length]).ToArray();
        if (data.All(each => each == 0)) return $"{data.Length} zeros";
        return $"\"{System.Text.Encoding.Latin1.GetString(data).Replace('\0', '.')}\"";
    }

    private static string Print(Listing listing)
    {
        var pairs = listing.Ids.Zip(listing.Keys, (id, key) => $"{id}:{key}");
        return $"ids=[{string.Join(' ', pairs)}]{(listing.More ? " more" : "")}";
    }

    private static string Field(QueueStat stat, string field, Func<int, string> nameOf) => field switch
    {
        "id" => $"{stat.Id}",
        "key" => $"{stat.Permissions.Key}",
        "uid" => $"{stat.Permissions.Uid}",
        "gid" => $"{stat.Permissions.Gid}",
        "cuid" => $"{stat.Permissions.Cuid}",
        "cgid" => $"{stat.Permissions.Cgid}",
        "mode" => Convert.ToString((int)stat.Permissions.Mode, 8).PadLeft(4, '0'),
        "stime" => Seconds(stat.Stime),
        "rtime" => Seconds(stat.Rtime),
        "ctime" => Seconds(stat.Ctime),
        "cbytes" => $"{stat.Cbytes}",
        "qnum" => $"{stat.Qnum}",
        "qbytes" => $"{stat.Qbytes}",
        "lspid" => nameOf(stat.Lspid),
        "lrpid" => nameOf(stat.Lrpid),
        "receivers" => $"{stat.Receivers}",
        "senders" => $"{stat.Senders}",
        _ => throw new FormatException($"msqid_ds has no {field}"),
    };

    private static string Field(SetStat stat, string field) => field switch
    {
        "id" => $"{stat.Id}",
        "key" => $"{stat.Permissions.Key}",
        "uid" => $"{stat.Permissions.Uid}",
        "gid" => $"{stat.Permissions.Gid}",
        "cuid" => $"{stat.Permissions.Cuid}",
        "mode" => Convert.ToString((int)stat.Permissions.Mode, 8).PadLeft(4, '0'),
        "otime" => Seconds(stat.Otime),
        "ctime" => Seconds(stat.Ctime),
        "nsems" => $"{stat.Nsems}",
        "waiters" => $"{stat.Waiters}",
        _ => throw new FormatException($"semid_ds has no {field}"),
    };

    private static string Field(SegmentStat stat, string field, Func<int, string> nameOf) => field switch
    {
        "id" => $"{stat.Id}",
        "key" => $"{stat.Permissions.Key}",
        "uid" => $"{stat.Permissions.Uid}",
        "gid" => $"{stat.Permissions.Gid}",
        "cuid" => $"{stat.Permissions.Cuid}",
        "cgid" => $"{stat.Permissions.Cgid}",
        "mode" => Convert.ToString((int)stat.Permissions.Mode, 8).PadLeft(4, '0'),
        "segsz" => $"{stat.Segsz}",
        "atime" => Seconds(stat.Atime),
        "dtime" => Seconds(stat.Dtime),
        "ctime" => Seconds(stat.Ctime),
        "cpid" => nameOf(stat.Cpid),
        "lpid" => nameOf(stat.Lpid),
        "nattch" => $"{stat.Nattch}",
        "extents" => $"{stat.Extents}",
        _ => throw new FormatException($"shmid_ds has no {field}"),
    };

    // Seconds since the scenario began; 0 is never.
    private static string Seconds(long time) => time == 0 ? "0" : $"+{time - 1_000_000_000}s";
}
