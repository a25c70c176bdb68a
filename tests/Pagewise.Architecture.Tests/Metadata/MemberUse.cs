namespace Pagewise.Architecture.Tests.Metadata;

/// <summary>An instruction of a type names a member of another, for example <c>System.DateTime</c> and <c>get_Now</c>.</summary>
internal readonly record struct MemberUse(TypeName From, TypeName To, string Member)
{
    public override string ToString() => $"{From} uses {To}.{Member}";
}
