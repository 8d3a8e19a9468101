namespace Cluster.Actors.Journal.Log;

/// <summary>Reads what a writer's log has that is in no segment.</summary>
internal static class LogTail
{
    /// <summary>Reads the log of a writer that writes no more.</summary>
    /// <param name="database">Where the log is.</param>
    /// <param name="head">The writer and the beginning of its log.</param>
    /// <param name="salt">The salt of the journal.</param>
    /// <param name="chunks">Memory for the entries.</param>
    /// <exception cref="JournalDamagedException">A row is not what was written, or is missing.</exception>
    public static LogGeneration Read(ILogDatabase database, LogHead head, uint salt, LogChunks chunks)
    {
        var generation = new LogGeneration(head.Writer, chunks);
        var (number, sum) = (head.Number, head.Sum);
        database.ReadLog(head.Number, LogCommit.Base(head.Writer + 1), (at, body) =>
        {
            var commit = LogCommit.Open(at, body, salt);
            commit.Follows(number, sum);
            (number, sum) = (commit.Number, commit.Sum);
            generation.Bytes += body.Length;
            commit.ForEach((id, entries) => Add(generation, id, LogPart.Of(entries)));
        });
        generation.End = (number, sum);
        return generation;
    }

    private static void Add(LogGeneration generation, string id, LogPart part)
    {
        var entity = generation.Of(id);
        if (part.StartsAnew)
        {
            generation.Clear(entity);
            entity.Below = part.First;
        }

        generation.Add(entity, part);
    }
}
