using System.Globalization;
using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// The records that were read from a stream are exactly those whose write was answered, in order, once. Those of a write
/// whose process was lost may be among them. Nothing is lost if a read without waiting found nothing after the last write.
/// </summary>
public sealed class StreamBytes : IChecker
{
    public string Name => "stream bytes";

    public Verdict Check(History history)
    {
        var count = 0UL;
        string? undrained = null;
        foreach (var (name, calls) in history.ByObject())
        {
            if (calls[0].Call is not (CallKind.StreamWrite or CallKind.StreamRead)) continue;
            var written = Written(calls);
            var (finding, next) = Read(calls, written, ref count);
            if (finding is not null) return Verdict.Broken(Name, finding);
            if (FirstCertain(written, next) is not { } missing) continue;
            if (Empty(calls) is { } found)
                return Verdict.Broken(Name, new Finding($"{name}: record {missing.First} is lost", missing.Write, found));
            undrained ??= name;
        }

        return undrained is null
            ? Verdict.Held(Name, $"{count} records were read once and in order")
            : Verdict.Unclear(Name, $"{undrained} was not drained");
    }

    private sealed record Range(ulong First, ulong End, Operation Write);

    // What a refused write has had is nothing, and numbers that were not used may be used again.
    private static List<Range> Written(IReadOnlyList<Operation> calls) =>
    [
        .. calls.Where(call => call.Call == CallKind.StreamWrite && (call.IsOk || call.IsOpen))
            .Select(call => new Range(call.Value, call.Value + (call.IsOk ? call.Result : call.Expected), call))
            .Where(range => range.End > range.First).OrderBy(range => range.First),
    ];

    // The first record that is not read yet.
    private static (Finding? Finding, ulong Next) Read(IReadOnlyList<Operation> calls, List<Range> written, ref ulong count)
    {
        var next = 0UL;
        Operation? before = null;
        foreach (var read in calls.Where(call => call is { Call: CallKind.StreamRead, IsOk: true }))
        {
            foreach (var (first, length) in Runs(read))
            {
                if (length == 0) return (new Finding("a record was divided", read), next);
                if (first < next)
                    return (new Finding($"record {first} was read after {next - 1}", [.. Pair(before, read)]), next);
                if (FirstCertain(written, next) is { } skipped && skipped.First < first)
                    return (new Finding($"record {skipped.First} was passed over", skipped.Write, read), next);
                if (FirstUnwritten(written, first, first + length) is { } unknown)
                    return (new Finding($"record {unknown} was read, and not written", read), next);
                (next, before) = (first + length, read);
                count += length;
            }
        }

        return (null, next);
    }

    private static IEnumerable<Operation> Pair(Operation? before, Operation read) => before is null ? [read] : [before, read];

    // A length of 0: it is no whole record.
    private static IEnumerable<(ulong First, ulong Count)> Runs(Operation read)
    {
        foreach (var run in read.Text!.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = run.Split('+');
            yield return parts.Length == 2
                ? (ulong.Parse(parts[0], CultureInfo.InvariantCulture), ulong.Parse(parts[1], CultureInfo.InvariantCulture))
                : (0, 0);
        }
    }

    // The first record from a number on that was certainly written.
    private static Range? FirstCertain(List<Range> written, ulong from)
    {
        var range = written.Find(each => each.Write.IsOk && each.End > from);
        return range is null ? null : range with { First = Math.Max(range.First, from) };
    }

    private static ulong? FirstUnwritten(List<Range> written, ulong from, ulong end)
    {
        foreach (var range in written)
        {
            if (range.End <= from) continue;
            if (range.First > from) return from;
            from = range.End;
            if (from >= end) return null;
        }

        return from < end ? from : null;
    }

    private static Operation? Empty(IReadOnlyList<Operation> calls)
    {
        var last = calls.Where(call => call is { Call: CallKind.StreamWrite, IsOk: true })
            .Select(call => call.LatestAt).DefaultIfEmpty(long.MinValue).Max();
        return calls.LastOrDefault(call => call is { Call: CallKind.StreamRead, NoWait: true, Outcome: Outcome.Refused }
            && call.InvokedAt > last);
    }
}
