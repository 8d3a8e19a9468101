using Xunit.Abstractions;

namespace Cluster.Journal.Tests.PowerLoss;

/// <summary>
/// Cuts the power at random points: of what was not synced the disk keeps any part. POWER_CUTS and POWER_SEED choose how
/// often, and the first seed.
/// </summary>
public sealed class PowerLossTests(ITestOutputHelper output)
{
    private const int CutsOfARecord = 250;
    private const int CommitsOfARecord = 500;

    [Fact]
    public void All_that_was_answered_is_there_and_nothing_else()
    {
        var cuts = Number("POWER_CUTS", 250);
        var seed = Number("POWER_SEED", Environment.TickCount & 0xffffff);
        Console.WriteLine($"power loss: {cuts} cuts, seed {seed}");
        var (done, steps, unsure) = (0, 0, 0);
        for (; done < cuts; seed++)
        {
            using var workload = new Workload(seed, CommitsOfARecord);
            steps += workload.Record.Steps.Count - workload.Record.Start;
            foreach (var cut in Cuts(workload, workload.Record.Steps, seed, Math.Min(CutsOfARecord, cuts - done)))
            {
                if (cut.Failure is not null) throw new InvalidOperationException(cut.Failure);
                if (cut.IsUnsure) unsure++;
                done++;
            }
        }

        output.WriteLine($"{done} cuts in {steps} steps of files, {unsure} of them within a commit");
        Assert.True(unsure > 0);
    }

    [Theory]
    [InlineData("-wal")]
    [InlineData(".db")]
    public void A_sync_that_is_left_out_is_found(string file)
    {
        var seed = Environment.TickCount & 0xffffff;
        Console.WriteLine($"power loss without syncs of {file}: seed {seed}");
        using var workload = new Workload(seed, CommitsOfARecord);
        var record = workload.Record;
        var steps = record.Steps.Where((step, at) => at < record.Start || step.What is not DiskRecord.Kind.Sync
            || !step.Path.EndsWith(file, StringComparison.Ordinal)).ToList();
        Assert.True(steps.Count < record.Steps.Count);
        Assert.Contains(Cuts(workload, steps, seed, CutsOfARecord), cut => cut.Failure is not null);
    }

    private static IEnumerable<(string? Failure, bool IsUnsure)> Cuts(
        Workload workload, IReadOnlyList<DiskRecord.Step> steps, int seed, int count)
    {
        var random = new Random(seed);
        var points = Enumerable.Range(0, count).Select(_ => random.Next(workload.Record.Start, steps.Count + 1)).Order();
        var disk = new Disk();
        var at = 0;
        foreach (var point in points)
        {
            for (; at < point; at++) disk.Go(steps[at]);
            yield return (Cut(disk, workload, random) is { } failure
                ? $"seed {seed}, cut before step {point}: {failure}"
                : null, disk.Commits.Began != disk.Commits.Answered);
        }
    }

    private static string? Cut(Disk disk, Workload workload, Random random)
    {
        var memory = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        var folder = Path.Combine(memory, $"power-loss-{Guid.NewGuid():n}");
        Directory.CreateDirectory(folder);
        try
        {
            disk.AfterPowerLoss(folder, random);
            var found = Histories.Read(Path.Combine(folder, "journal.db"));
            var (began, answered) = disk.Commits;
            var difference = found.DifferenceFrom(workload.After[answered]);
            if (difference is not null && began != answered && found.DifferenceFrom(workload.After[began]) is null)
                return null; // the commit had begun, and may be there
            return difference is null ? null : $"commit {answered} was answered, and {difference}";
        }
        catch (Exception exception)
        {
            return exception.Message;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), out var number) ? number : otherwise;
}
