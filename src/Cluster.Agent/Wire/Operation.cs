namespace Cluster.Agent.Wire;

/// <summary>What a frame of a program asks: enum ipc_op of Cluster.Shim/wire.h, which says what the arguments are.</summary>
internal enum Operation
{
    Hello = 1,
    Cancel = 2,
    Msgget = 10,
    Msgsnd = 11,
    Msgrcv = 12,
    Msgctl = 13,
    Semget = 20,
    Semop = 21,
    Semctl = 22,
    Shmget = 30,
    Shmat = 31,
    Shmdt = 32,
    Shmctl = 33,
    Shmfork = 34,
    MqOpen = 40,
    MqSend = 41,
    MqReceive = 42,
    MqNotify = 43,
    MqGetattr = 44,
    MqSetattr = 45,
    MqUnlink = 46,
    SemOpen = 50,
    SemWait = 51,
    SemPost = 52,
    SemGetvalue = 53,
    SemUnlink = 54,
    File = 60,
}
