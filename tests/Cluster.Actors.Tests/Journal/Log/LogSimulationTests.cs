using Cluster.Actors.Journal;
using Cluster.Actors.Journal.Log;
using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Journal.Sqlite;
using Cluster.Journal.Inspection;
using Xunit.Abstractions;

namespace Cluster.Actors.Tests.Journal.Log;

/// <summary>Runs the simulation of the log. SIMULATION_SEEDS and SIMULATION_FIRST choose the seeds.</summary>
public sealed class LogSimulationTests(ITestOutputHelper output)
{
    private const int Steps = 400;

    [Fact]
    public void Nothing_confirmed_is_lost_and_nothing_is_invented()
    {
        var count = Number("SIMULATION_SEEDS", 300);
        var first = Number("SIMULATION_FIRST", Environment.TickCount & 0xffffff);
        Console.WriteLine($"log simulation: seeds {first} to {first + count - 1}");
        var (confirmed, conflicts, unknown) = (0, 0, 0);
        for (var seed = first; seed < first + count; seed++)
        {
            try
            {
                var log = new FakeLog();
                var random = new Random(seed);
                log.NextBreak = () => random.Next(40) switch
                {
                    0 => FakeLog.Break.Before,
                    1 => FakeLog.Break.After,
                    _ => FakeLog.Break.None,
                };
                using var run = new LogSimulation(seed, log.Connect, log.Connect);
                run.Run(Steps);
                log.NextBreak = () => FakeLog.Break.None;
                run.Check();
                confirmed += run.Confirmed;
                conflicts += run.Conflicts;
                unknown += run.Unknown;
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"seed {seed}: {exception.Message}", exception);
            }
        }

        output.WriteLine($"{count} seeds: {confirmed} writes confirmed, {conflicts} refused as stale, {unknown} unknown");
        Assert.True(confirmed > 0 && conflicts > 0 && unknown > 0);
    }

    [Fact]
    public void Nor_with_a_SQLite_file()
    {
        var first = Number("SIMULATION_FIRST", Environment.TickCount & 0xffffff);
        Console.WriteLine($"log simulation with SQLite: seeds {first} to {first + 7}");
        for (var seed = first; seed < first + 8; seed++)
        {
            var folder = Directory.CreateTempSubdirectory("log-simulation-");
            try
            {
                var file = Path.Combine(folder.FullName, "journal.db");
                var config = GroupCommitJournalConfig.Sqlite(file)
                    .GetConfig(GroupCommitJournalConfig.PluginId)
                    .WithFallback(Akka.Persistence.Sql.SqlPersistence.DefaultJournalConfiguration);
                var settings = GroupCommitSettings.From(config);
                MakePackageTable(settings);
                using var run = new LogSimulation(seed, () => new SqliteLog(settings), () => new SqliteLogReader(settings));
                run.Run(Steps / 2);
                Verify(file);
                run.Check();
                Verify(file);
                Assert.True(run.Confirmed > 0);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"seed {seed}: {exception.Message}", exception);
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }
    }

    // No node has left anything that the tool would take for damage.
    private static void Verify(string file)
    {
        using var snapshot = JournalSnapshot.Open(JournalPlace.OfFile(file));
        Assert.Empty(JournalReport.Of(snapshot, CancellationToken.None).Faults);
    }

    // The package makes its table when an actor system starts.
    private static void MakePackageTable(GroupCommitSettings settings)
    {
        using var connection = SqliteConnections.Open(settings);
        SqliteConnections.Execute(
            connection, $"CREATE TABLE {settings.Table.Name} ({settings.Table.WrittenColumns}, ordering INTEGER PRIMARY KEY)");
    }

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), out var number) ? number : otherwise;
}
