using Cluster.Actors.Journal.Write;

namespace Cluster.Actors.Journal.Log;

/// <summary>Gives the writer's thread the log, over one connection.</summary>
internal sealed class LogWriteConnection : IWriteConnection
{
    private readonly LogWriter _writer;
    private readonly ILogDatabase _database;

    public LogWriteConnection(LogWriter writer, ILogDatabase database)
    {
        (_writer, _database) = (writer, database);
        try
        {
            writer.Attach(database);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    public void Write(List<WriteRequest> batch) => _writer.Write(_database, batch);

    public void WriteEach(List<WriteRequest> batch)
    {
        foreach (var request in batch)
        {
            try
            {
                _writer.Write(_database, [request]);
            }
            catch (RowsRefusedException refused)
            {
                request.Failure = refused.FailureOf(request);
            }
        }
    }

    public TimeSpan? Idle() => _writer.Idle(_database);

    public void Finish() => _database.Finish();

    public void Dispose() => _database.Dispose();
}
