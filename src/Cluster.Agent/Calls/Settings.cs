using System.Globalization;
using Cluster.Agent.Wire;

namespace Cluster.Agent.Calls;

/// <summary>The settings of sysctl(8) about IPC: the limits of the namespace, and the ids of the next objects.</summary>
internal static class Settings
{
    private const string Directory = "/proc/sys/";

    private static readonly Target Namespace = new() { Kind = Kind.Namespace };

    /// <summary>Whether a path is the file of a setting.</summary>
    public static bool Has(string path) => NextId(path) is not null || Rows(path).Length > 0;

    /// <summary>What the file of a setting has now; null: there is no such setting.</summary>
    public static async Task<string?> ReadAsync(Caller caller, string path, CancellationToken cancelled)
    {
        if (NextId(path) is { } objects)
        {
            var status = await objects.CountAsync(caller, cancelled).ConfigureAwait(false);
            return (status.HasNextId ? status.NextId : -1).ToString(CultureInfo.InvariantCulture) + "\n";
        }

        if (Rows(path) is not { Length: > 0 } rows)
            return null;
        var limits = await SystemVObjects.LimitsAsync(caller, cancelled).ConfigureAwait(false);
        return string.Join('\t', rows.Select(row => Text(row, limits))) + "\n";
    }

    /// <summary>Sets what a program has written. What is no number, or refused, changes nothing.</summary>
    public static async Task WriteAsync(Caller caller, string path, string text)
    {
        var words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var rows = Rows(path);
        for (var i = 0; i < words.Length; i++)
        {
            if (!TryNumber(words[i], out var value))
                return;
            if (NextId(path) is { } objects)
                await SetNextIdAsync(caller, objects, (int)value).ConfigureAwait(false);
            else if (i < rows.Length)
                await SetAsync(caller, rows[i], value).ConfigureAwait(false);
        }
    }

    private static async Task SetAsync(Caller caller, LimitRow row, long value)
    {
        var call = new Call { LimitsSet = new LimitsSet { Name = row.Name, Value = value } };
        await caller.Session.CallAsync(Namespace, call, "sysctl", CancellationToken.None).ConfigureAwait(false);
    }

    private static async Task SetNextIdAsync(Caller caller, SystemVObjects objects, int id)
    {
        var call = new Call { NextIdSet = new NextIdSet { Id = id } };
        await caller.Session.CallAsync(objects.Directory, call, "sysctl", CancellationToken.None).ConfigureAwait(false);
    }

    // /proc/sys/kernel/msgmax is kernel.msgmax; kernel.sem has four limits in one file.
    private static LimitRow[] Rows(string path)
    {
        if (!path.StartsWith(Directory, StringComparison.Ordinal))
            return [];
        var name = path[Directory.Length..].Replace('/', '.');
        string[] names = name == "kernel.sem"
            ? ["kernel.semmsl", "kernel.semmns", "kernel.semopm", "kernel.semmni"]
            : [name];
        return [.. names.SelectMany(one => LimitRow.All.Where(row => row.Sysctl == one))];
    }

    private static SystemVObjects? NextId(string path) => path switch
    {
        Directory + "kernel/msg_next_id" => MessageQueueCalls.Queues,
        Directory + "kernel/sem_next_id" => SemaphoreSetCalls.Sets,
        Directory + "kernel/shm_next_id" => SharedMemoryCalls.Segments,
        _ => null,
    };

    // An unsigned limit has its 64 bits in the value's.
    private static bool TryNumber(string word, out long value)
    {
        if (long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value))
            return true;
        var isUnsigned = ulong.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var unsigned);
        value = (long)unsigned;
        return isUnsigned;
    }

    private static string Text(LimitRow row, Limits limits) => row.Highest is null
        ? ((ulong)row.Get(limits)).ToString(CultureInfo.InvariantCulture)
        : row.Get(limits).ToString(CultureInfo.InvariantCulture);
}
