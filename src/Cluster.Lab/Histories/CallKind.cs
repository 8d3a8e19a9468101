namespace Cluster.Lab.Histories;

/// <summary>Which call an <see cref="Operation"/> is.</summary>
public enum CallKind
{
    /// <summary>msgsnd(2): Type, Text.</summary>
    Send = 1,

    /// <summary>msgrcv(2): Selector; Ok: Type, Text.</summary>
    Receive = 2,

    /// <summary>semop(2): Semops.</summary>
    Semop = 3,

    /// <summary>semctl(SETALL): Values. The first call on a set, which gives it its initial values.</summary>
    SetValues = 4,

    /// <summary>semctl(GETALL); Ok: Values.</summary>
    GetValues = 5,

    /// <summary>The word; Ok: Result.</summary>
    Load = 6,

    /// <summary>Sets the word to Value; Ok: Result is what it was.</summary>
    Exchange = 7,

    /// <summary>Sets the word to Value if it is Expected; Ok: Result is what it was.</summary>
    CompareExchange = 8,

    /// <summary>Adds Value; Ok: Result is what the word was.</summary>
    FetchAdd = 9,

    /// <summary>The word and Value; Ok: Result is what the word was.</summary>
    FetchAnd = 10,

    /// <summary>The word or Value; Ok: Result is what the word was.</summary>
    FetchOr = 11,

    /// <summary>The word xor Value; Ok: Result is what the word was.</summary>
    FetchXor = 12,

    /// <summary>The process ends, which undoes its SEM_UNDO operations. Of no object.</summary>
    Exit = 13,
}
