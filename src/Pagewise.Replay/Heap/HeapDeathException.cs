namespace Pagewise.Replay.Heap;

/// <summary>The modelled program died in malloc of something that is no integrity check: a signal of the kernel's.</summary>
/// <param name="message">Which signal, where.</param>
internal sealed class HeapDeathException(string message) : Exception(message);
