namespace Cluster.Actors.Journal.Log;

/// <summary>
/// The log in a database, for the writer's thread. Each method is a transaction of its own. After an exception the
/// outcome is unknown, and the writer opens another connection.
/// </summary>
internal interface ILogDatabase : IDisposable
{
    /// <summary>Names this connection's session in the database, for <see cref="Open"/>; null: there is no such thing.</summary>
    object? Session { get; }

    /// <summary>Makes the tables that are not there, and returns the salt of the journal.</summary>
    /// <param name="expected">
    /// The salt that the journal had when this node began to use it: nothing is made; null: the node begins now.
    /// </param>
    /// <param name="former">
    /// The session of this node's connection before. It has ended when this method returns, so that the outcome of its
    /// last transaction is decided; null: there was none.
    /// </param>
    /// <exception cref="JournalDamagedException">It is another journal.</exception>
    uint Open(uint? expected, object? former);

    /// <summary>Makes a new writer. The groups of former writers of the same node become its own.</summary>
    /// <returns>The new writer, and those former ones.</returns>
    (LogHead Writer, List<LogHead> Former) Register(string node);

    /// <summary>Claims groups for a writer, whoever has them.</summary>
    void Claim(long writer, IReadOnlyCollection<string> groups);

    /// <summary>
    /// Has former writers without groups write no more, so that their logs can be compacted. Returns those that have
    /// rows of the log.
    /// </summary>
    List<LogHead> CloseWithoutGroups(long self);

    /// <summary>The fence as it is now.</summary>
    LogFence ReadFence();

    /// <summary>Stores all of it or nothing, and returns when it is durable.</summary>
    /// <exception cref="Write.RowsRefusedException">The database refused the writes for the package's table.</exception>
    LogOutcome Store(LogTransaction transaction);

    /// <summary>The highest number of each entity in segments and in the package's table.</summary>
    Dictionary<string, long> LastOf(IReadOnlyCollection<string> ids);

    /// <summary>Calls back for each row of the log above one number and up to another, in order.</summary>
    void ReadLog(long above, long to, Action<long, byte[]> row);

    /// <summary>
    /// Does a little of what the database needs from time to time, such as giving free space back. Returns whether
    /// there is more.
    /// </summary>
    bool Tidy();

    /// <summary>Prepares the database for an orderly close.</summary>
    void Finish();
}
