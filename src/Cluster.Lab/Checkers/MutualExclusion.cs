using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// A semaphore that is used as a lock has one holder at a time. [n:0, n:+1] takes the lock, [n:-1] releases it. A
/// holder has it from the return of the first call to the invocation of the second. Each taking has a revision, and
/// later takings have higher ones. The last section of a client whose process ended counts until the last time at which
/// the process certainly lived. The cluster may release its lock before the client knows; the revision protects against
/// a late holder.
/// </summary>
public sealed class MutualExclusion : IChecker
{
    public string Name => "mutual exclusion";

    public Verdict Check(History history)
    {
        var lastAlive = new LastKnownAlive(history);
        var count = 0;
        foreach (var (_, calls) in history.ByObject(CallKind.Semop))
        {
            foreach (var number in calls.Select(Taken).OfType<int>().Distinct())
            {
                var sections = Sections(calls, number, lastAlive);
                count += sections.Count;
                if ((Overlap(sections) ?? Revision(sections)) is { } finding) return Verdict.Broken(Name, finding);
            }
        }

        return Verdict.Held(Name, $"{count} critical sections did not overlap");
    }

    private static int? Taken(Operation call) =>
        call.Semops is [{ Amount: 0 } zero, { Amount: 1 } one] && zero.Number == one.Number ? one.Number : null;

    private static bool Releases(Operation call, int number) =>
        call.Semops is [{ Amount: -1 } one] && one.Number == number && call.Outcome != Outcome.Refused;

    private static List<Section> Sections(IReadOnlyList<Operation> calls, int number, LastKnownAlive lastAlive)
    {
        var sections = new List<Section>();
        foreach (var client in calls.GroupBy(call => call.Client))
        {
            var releases = new Queue<Operation>(client.Where(call => Releases(call, number)));
            var takes = client.Where(call => call.IsOk && Taken(call) == number);
            foreach (var take in takes.OrderBy(call => call.ReturnedAt))
            {
                while (releases.TryPeek(out var old) && old.InvokedAt < take.InvokedAt) releases.Dequeue();
                var release = releases.TryDequeue(out var next) ? next : null;
                var from = take.ReturnedAt!.Value;
                var until = Math.Min(release?.InvokedAt ?? long.MaxValue, lastAlive.Of(client.Key));
                sections.Add(new Section(take, release, from, Math.Max(from, until)));
            }
        }

        return sections;
    }

    private static Finding? Overlap(List<Section> sections)
    {
        Section? longest = null;
        foreach (var section in sections.OrderBy(section => section.From))
        {
            if (longest is not null && section.From < longest.Until)
                return new Finding(
                    $"clients {longest.Take.Client} and {section.Take.Client} held the lock at the same time",
                    [.. longest.Operations, .. section.Operations]);
            if (longest is null || section.Until > longest.Until) longest = section;
        }

        return null;
    }

    private static Finding? Revision(List<Section> sections)
    {
        Section? last = null;
        foreach (var section in sections.OrderBy(section => section.From))
        {
            if (section.Take.Revision == 0)
                return new Finding("the lock was taken without a revision", section.Take);
            if (last is not null && section.Take.Revision <= last.Take.Revision)
                return new Finding(
                    "a later taking of the lock has no higher revision", last.Take, section.Take);
            last = section;
        }

        return null;
    }

    private sealed record Section(Operation Take, Operation? Release, long From, long Until)
    {
        public Operation[] Operations => Release is null ? [Take] : [Take, Release];
    }
}
